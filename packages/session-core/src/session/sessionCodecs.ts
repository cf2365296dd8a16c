import { codecOf, type RecordCodec } from '../records/recordCodec';
import type { SessionEncryption } from '../records/sessionEncryption';
import { SessionError } from '../store/errors';

/** The codec of what is stored under an id, which belongs to a scope where the session has one. */
export type CodecOf = (storedId: string, scope: string | undefined) => RecordCodec;

/** The codecs that the options of a session ask for: records are compressed first. */
export function codecsOf({
  compression,
  encryption,
}: {
  readonly compression: boolean;
  readonly encryption: SessionEncryption | undefined;
}): CodecOf {
  const plain = codecOf({ compression });
  return (storedId, scope) => encryption?.codecOf({ storedId, scope }, plain) ?? plain;
}

/** @throws `INVALID_ARGUMENT` unless it is that of any copy of the package. */
export function assertEncryption(value: unknown): asserts value is SessionEncryption {
  const isEncryption =
    typeof value === 'object' && value !== null && 'codecOf' in value && typeof value.codecOf === 'function';
  if (!isEncryption)
    throw new SessionError('INVALID_ARGUMENT', 'encryption must be what encryptWith returns');
}

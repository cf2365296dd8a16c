import { Buffer } from 'node:buffer';
import { SessionError } from '../store/errors';

/*
 * What can be told of an encrypted record without its key. It begins with the format byte, a byte of flags, and the tag of the
 * key that it is encrypted with; see encryption/cipher.ts for the rest.
 */

export const ENCRYPTED = 0x02;
export const TAG_START = 2;
export const TAG_BYTES = 16;

/** The tag of the key that a record of this format is encrypted with, in hex; undefined where it is too short to have one. */
export function keyTagOf(record: Uint8Array): string | undefined {
  const tag = record.subarray(TAG_START, TAG_START + TAG_BYTES);
  if (tag.length < TAG_BYTES) return undefined;
  return Buffer.from(tag.buffer, tag.byteOffset, tag.length).toString('hex');
}

/** @param position - 1 for the newest record. */
export function unknownKey(tag: string, position: number): SessionError {
  return new SessionError(
    'UNKNOWN_KEY',
    `record ${position} from the end is encrypted with key ${tag}, which this session does not have`,
  );
}

import { createHash } from 'node:crypto';
import type { AgentInputItem } from '@openai/agents';
import { SessionError } from '../store/errors';
import type { StoredRecord } from '../store/sessionStore';
import { isPlainObject } from '../arguments/isPlainObject';
import { COMPRESSED, compressRecord, decompressRecord } from './compression';
import { ENCRYPTED, keyTagOf, unknownKey } from './encryptedRecord';
import { fromExactJson } from './exactJson';

/*
 * Formats of a record:
 * - text that begins with `{`: the item's JSON (see exactJson.ts);
 * - bytes: the first byte names the format. 0x01 is a compressed text (see compression.ts), 0x02 is an encrypted record (see
 *   encryptedRecord.ts). 0x7b, which is `{`, never names one: a store that finds text damaged, so that it is no UTF-8, hands it
 *   over as bytes.
 */

const DAMAGED_TEXT = 0x7b;

/**
 * Turns the items of one stored session into records and back, and makes the digests that stand for its operations. An
 * answer is a promise only where something has to be fetched first, such as a key.
 */
export interface RecordCodec {
  /** What it reads with. Only codecs with the same reader are shown what a cache holds that one of them has decoded. */
  readonly reader: object;
  /** The records of items, given as their JSON texts (see itemJson.ts), in order. */
  encode(texts: readonly string[]): Awaitable<StoredRecord[]>;
  /**
   * The items of the newest records, in order. In the place of one that cannot be decoded stands the `CORRUPT_RECORD` or
   * `UNSUPPORTED_FORMAT`, `UNKNOWN_KEY` or `UNENCRYPTED_RECORD` that tells its position.
   *
   * @param before - records that stand before these, which were decoded earlier: none of these may be a copy of one.
   */
  decode(
    records: readonly StoredRecord[],
    before?: readonly StoredRecord[],
  ): Awaitable<(AgentInputItem | SessionError)[]>;
  /** Equal for equal texts, and tells nothing of their content. A store keeps it for as long as the session lives. */
  digest(text: string): Awaitable<string>;
  /** What `digest` gives in other processes, while sessions go over to encryption: an operation may be in under that. */
  readonly otherDigest?: ((text: string) => Awaitable<string>) | undefined;
  /**
   * How many of these `encode` would not write so now: under another key than it uses, or encrypted where it does not encrypt, or
   * not where it does.
   */
  countOutdated(records: readonly StoredRecord[]): Awaitable<number>;
}

export type Awaitable<T> = T | Promise<T>;

export interface RecordCodecOptions {
  /** Whether records that are written are compressed, where that makes them smaller. */
  readonly compression: boolean;
}

/** One object for equal options: sessions with the same codec have the same records. Each reads every format. */
export function codecOf({ compression }: RecordCodecOptions): RecordCodec {
  return compression ? compressingCodec : plainCodec;
}

/** Records are the JSON texts themselves. */
export const plainCodec = {
  reader: {},
  encode: (texts) => [...texts],
  decode: (records) => records.map((record, index) => decodeRecord(record, records.length - index)),
  digest,
  countOutdated: () => 0,
} satisfies RecordCodec;

const compressingCodec: RecordCodec = {
  ...plainCodec,
  encode: (texts) => texts.map((text) => compressRecord(text) ?? text),
};

/** 128 bits of SHA-256. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

/** @param position - 1 for the newest record; names the record in errors. */
function decodeRecord(record: StoredRecord, position: number): AgentInputItem | SessionError {
  const text = typeof record === 'string' ? record : textOf(record, position);
  if (typeof text !== 'string') return text;
  let item: unknown;
  try {
    item = text.startsWith('{') ? fromExactJson(text) : undefined;
  } catch {
    // the SyntaxError quotes the record
  }
  return isPlainObject(item) ? (item as AgentInputItem) : corrupt(position);
}

function textOf(record: Uint8Array, position: number): string | SessionError {
  const format = record[0];
  if (format === COMPRESSED) return decompressRecord(record) ?? corrupt(position);
  const tag = format === ENCRYPTED ? keyTagOf(record) : undefined;
  if (tag !== undefined) return unknownKey(tag, position);
  const isKnown = format === undefined || format === DAMAGED_TEXT || format === ENCRYPTED;
  return isKnown ? corrupt(position) : unsupported(format, position);
}

/** @param position - 1 for the newest record. */
export function corrupt(position: number): SessionError {
  return new SessionError(
    'CORRUPT_RECORD',
    `record ${position} from the end of the history cannot be decoded`,
  );
}

/** @param position - 1 for the newest record. */
export function unsupported(format: number, position: number): SessionError {
  return new SessionError(
    'UNSUPPORTED_FORMAT',
    `record ${position} from the end has format 0x${format.toString(16).padStart(2, '0')}, which this version does not know`,
  );
}

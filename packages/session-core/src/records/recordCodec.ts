import { createHash } from 'node:crypto';
import type { AgentInputItem } from '@openai/agents';
import { SessionError } from '../store/errors';
import type { StoredRecord } from '../store/sessionStore';
import { isPlainObject } from '../arguments/isPlainObject';
import { ENCRYPTED, keyTagOf, unknownKey } from './encryptedRecord';
import { fromExactJson } from './exactJson';

/*
 * Formats of a record:
 * - text that begins with `{`: the item's JSON (see exactJson.ts);
 * - bytes: the first byte names the format. 0x02 is an encrypted record (see encryptedRecord.ts). 0x7b, which is `{`, never
 *   names one: a store that finds text damaged, so that it is no UTF-8, hands it over as bytes.
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
  /** How many of these are encrypted with another key than `encode` uses now, or not at all though it encrypts. */
  countOutdated(records: readonly StoredRecord[]): Awaitable<number>;
}

export type Awaitable<T> = T | Promise<T>;

/** Records are the JSON texts themselves. */
export const plainCodec = {
  reader: {},
  encode: (texts) => [...texts],
  decode: (records) => records.map((record, index) => decodeRecord(record, records.length - index)),
  digest,
  countOutdated: () => 0,
} satisfies RecordCodec;

/** 128 bits of SHA-256. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

/** @param position - 1 for the newest record; names the record in errors. */
function decodeRecord(record: StoredRecord, position: number): AgentInputItem | SessionError {
  if (typeof record !== 'string') {
    const format = record[0];
    if (format === ENCRYPTED) {
      const tag = keyTagOf(record);
      return tag === undefined ? corrupt(position) : unknownKey(tag, position);
    }
    return format === undefined || format === DAMAGED_TEXT
      ? corrupt(position)
      : unsupported(format, position);
  }
  let item: unknown;
  try {
    item = record.startsWith('{') ? fromExactJson(record) : undefined;
  } catch {
    // the SyntaxError quotes the record
  }
  return isPlainObject(item) ? (item as AgentInputItem) : corrupt(position);
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

import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import { ENCRYPTED, TAG_BYTES, TAG_START } from '../records/encryptedRecord';
import type { StoredRecord } from '../store/sessionStore';

/*
 * Format 0x02, which is frozen:
 *
 *   byte 0        0x02
 *   byte 1        flags: 1 where the record within is bytes (its first byte names its format), 0 where it is text in UTF-8
 *   bytes 2-17    the tag of the master key
 *   bytes 18-29   the nonce, random
 *   then          the record, encrypted with AES-256-GCM
 *   the last 16   the authentication tag, of the first 30 bytes too
 */

const ALGORITHM = 'aes-256-gcm';
const NONCE_START = TAG_START + TAG_BYTES;
const NONCE_BYTES = 12;
const HEADER_BYTES = NONCE_START + NONCE_BYTES;
const AUTHENTICATION_BYTES = 16;
const IS_BYTES = 1;

/** The key of the records of one session, and the tag of the master key that it was derived from, in hex. */
export interface RecordsKey {
  readonly tag: string;
  readonly secret: KeyObject;
}

/** The records, each encrypted under a nonce of its own. */
export function encrypt(records: readonly StoredRecord[], key: RecordsKey): Uint8Array[] {
  const nonces = randomBytes(records.length * NONCE_BYTES);
  return records.map((record, index) =>
    encryptUnder(nonces.subarray(index * NONCE_BYTES, (index + 1) * NONCE_BYTES), record, key),
  );
}

/** @param nonce - never used twice with one key. */
export function encryptUnder(
  nonce: Uint8Array,
  record: StoredRecord,
  { tag, secret }: RecordsKey,
): Uint8Array {
  const isText = typeof record === 'string';
  const header = Buffer.concat([Buffer.of(ENCRYPTED, isText ? 0 : IS_BYTES), Buffer.from(tag, 'hex'), nonce]);
  const cipher = createCipheriv(ALGORITHM, secret, nonce, { authTagLength: AUTHENTICATION_BYTES });
  cipher.setAAD(header);
  const content = cipher.update(isText ? Buffer.from(record) : record);
  cipher.final();
  return Buffer.concat([header, content, cipher.getAuthTag()]);
}

/**
 * The record within; undefined for one that nobody who has the key has made like this for this session, and for one of a later
 * version `'unsupported'`.
 */
export function decrypt(
  record: Uint8Array,
  { secret }: RecordsKey,
): { readonly record: StoredRecord } | 'unsupported' | undefined {
  const end = record.length - AUTHENTICATION_BYTES;
  if (end < HEADER_BYTES) return undefined;
  const header = record.subarray(0, HEADER_BYTES);
  const decipher = createDecipheriv(ALGORITHM, secret, header.subarray(NONCE_START), {
    authTagLength: AUTHENTICATION_BYTES,
  });
  decipher.setAAD(header);
  decipher.setAuthTag(record.subarray(end));
  const content = decipher.update(record.subarray(HEADER_BYTES, end));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  if (header[1] === IS_BYTES) return { record: content };
  return header[1] === 0 ? { record: content.toString() } : 'unsupported';
}

/** The places in `records` of those whose nonce one before them has, or one of `before`: such a record is a copy. */
export function copiesIn(records: readonly StoredRecord[], before: readonly StoredRecord[]): Set<number> {
  const copies = new Set<number>();
  const seen = new Set<string>();
  // Of those before, which can be many, only the few are looked at whose nonce begins like one of the new.
  const starts = new Set<number>();
  for (const record of records) if (isEncrypted(record)) starts.add(startOf(record));
  for (const record of before) {
    if (isEncrypted(record) && starts.has(startOf(record))) seen.add(nonceOf(record));
  }
  records.forEach((record, place) => {
    if (!isEncrypted(record)) return;
    const nonce = nonceOf(record);
    if (seen.has(nonce)) copies.add(place);
    seen.add(nonce);
  });
  return copies;
}

export function isEncrypted(record: StoredRecord): record is Uint8Array {
  return typeof record !== 'string' && record[0] === ENCRYPTED;
}

function nonceOf(record: Uint8Array): string {
  return Buffer.from(record.subarray(NONCE_START, HEADER_BYTES)).toString('latin1');
}

/** 24 bits of the nonce. */
function startOf(record: Uint8Array): number {
  return (
    ((record[NONCE_START] ?? 0) << 16) |
    ((record[NONCE_START + 1] ?? 0) << 8) |
    (record[NONCE_START + 2] ?? 0)
  );
}

import { Buffer } from 'node:buffer';
import type { StoredRecord } from './sessionStore';

/** Texts in UTF-8. */
export function bytesOf(records: readonly StoredRecord[]): number {
  return records.reduce((sum, record) => sum + Buffer.byteLength(record), 0);
}

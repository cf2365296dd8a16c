import { isUtf8 } from 'node:buffer';
import type { StoredRecord } from '@agent-sessions/session-core';

/** Begins a record of bytes. UTF-8 never contains it, so text needs no mark and stays readable. */
const BYTES_MARK = 0xff;

export function toElement(record: StoredRecord): string | Buffer {
  if (typeof record === 'string') return record;
  const element = Buffer.allocUnsafe(record.length + 1);
  element[0] = BYTES_MARK;
  element.set(record, 1);
  return element;
}

/** An element that is neither marked nor UTF-8 is not ours: it passes as the bytes it is, for the codec to refuse. */
export function toRecord(element: Buffer): StoredRecord {
  if (element[0] === BYTES_MARK) return new Uint8Array(element.subarray(1));
  return isUtf8(element) ? element.toString() : new Uint8Array(element);
}

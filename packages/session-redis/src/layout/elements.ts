import { Buffer, isUtf8 } from 'node:buffer';
import type { StoredRecord } from '@agent-sessions/session-core/store';

/** Begins an element of bytes. UTF-8 never contains it, so text needs no mark and stays readable. */
const BYTES_MARK = 0xff;
/** Between a record and when it was written, in milliseconds since the epoch: 13 digits until the year 2286. */
const TAB = 0x09;
const TIME_LENGTH = 14;

/**
 * What tracing shows of an element. OpenTelemetry's instrumentation of `redis` and the `diagnostics_channel` of node-redis
 * turn every argument of a script into a string; so do loggers.
 */
const HIDDEN = '?';
const hidden = { value: () => HIDDEN };
/** `inspect.custom` of `node:util`, which not every runtime has: https://nodejs.org/api/util.html#utilinspectcustom */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const HIDDEN_BUFFER = Object.create(Buffer.prototype as object, {
  toString: hidden,
  toLocaleString: hidden,
  toJSON: hidden,
  [Symbol.toPrimitive]: hidden,
  [INSPECT]: hidden,
}) as Buffer;

/**
 * The element of the list that holds a record: the record, a tab, and when it was written. As bytes, which a client sends
 * as they are, and which nothing turns into text.
 *
 * @param now - milliseconds since the epoch
 */
export function toElement(record: StoredRecord, now: number): Buffer {
  return hide(typeof record === 'string' ? Buffer.from(`${record}\t${now}`) : markedBytes(record, now));
}

function markedBytes(record: Uint8Array, now: number): Buffer {
  const element = Buffer.allocUnsafe(1 + record.length + TIME_LENGTH);
  element[0] = BYTES_MARK;
  element.set(record, 1);
  element.write(`\t${now}`, 1 + record.length, 'latin1');
  return element;
}

function hide(element: Buffer): Buffer {
  return Object.setPrototypeOf(element, HIDDEN_BUFFER) as Buffer;
}

/**
 * The record of an element. One without a time was put there by somebody else, and is a record as it is; if it is neither
 * marked nor UTF-8, it passes as the bytes that it is, for the codec to refuse.
 */
export function toRecord(element: Buffer): StoredRecord {
  const end = hasTime(element) ? element.length - TIME_LENGTH : element.length;
  if (element[0] === BYTES_MARK) return new Uint8Array(element.subarray(1, end));
  const text = element.toString('utf8', 0, end);
  // Only what has such a character now may have had something else in its place.
  return !text.includes('\ufffd') || isUtf8(element) ? text : new Uint8Array(element);
}

function hasTime(element: Buffer): boolean {
  let index = element.length - TIME_LENGTH;
  if (element[index] !== TAB) return false;
  for (index++; index < element.length; index++) {
    const digit = element[index] ?? 0;
    if (digit < 0x30 || digit > 0x39) return false;
  }
  return true;
}

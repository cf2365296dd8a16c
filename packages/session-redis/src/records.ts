import { isUtf8 } from 'node:buffer';
import { inspect } from 'node:util';
import type { StoredRecord } from '@agent-sessions/session-core/store';

/** Begins a record of bytes. UTF-8 never contains it, so text needs no mark and stays readable. */
const BYTES_MARK = 0xff;

/**
 * What tracing shows of a record. OpenTelemetry's instrumentation of `redis` and the `diagnostics_channel` of node-redis
 * turn every argument of a script into a string; so do loggers.
 */
const HIDDEN = '?';
const hidden = { value: () => HIDDEN };
const HIDDEN_BUFFER = Object.create(Buffer.prototype as object, {
  toString: hidden,
  toLocaleString: hidden,
  toJSON: hidden,
  [Symbol.toPrimitive]: hidden,
  [inspect.custom]: hidden,
}) as Buffer;

/** The element of the list: bytes that the driver sends as they are, and that nothing turns into text. */
export function toElement(record: StoredRecord): Buffer {
  return hide(typeof record === 'string' ? Buffer.from(record) : markedBytes(record));
}

function markedBytes(record: Uint8Array): Buffer {
  const element = Buffer.allocUnsafe(record.length + 1);
  element[0] = BYTES_MARK;
  element.set(record, 1);
  return element;
}

function hide(element: Buffer): Buffer {
  return Object.setPrototypeOf(element, HIDDEN_BUFFER) as Buffer;
}

/** An element that is neither marked nor UTF-8 is not ours: it passes as the bytes it is, for the codec to refuse. */
export function toRecord(element: Buffer): StoredRecord {
  if (element[0] === BYTES_MARK) return new Uint8Array(element.subarray(1));
  return isUtf8(element) ? element.toString() : new Uint8Array(element);
}

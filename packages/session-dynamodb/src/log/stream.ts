import { Buffer } from 'node:buffer';
import type { StoredRecord } from '@agent-sessions/session-core/store';
import { formatOperations, parseOperations, type Content } from './content';

/*
 * Content as one stream of bytes: a sequence of frames, each one byte for the kind, four for the length, the payload.
 */

export const FRAME_HEADER_BYTES = 5;
const KIND = { text: 0, bytes: 1, operations: 2 };

export function toStream({ records, operations }: Content): Buffer {
  const frames = records.flatMap((record) =>
    typeof record === 'string' ? frame(KIND.text, Buffer.from(record)) : frame(KIND.bytes, record),
  );
  if (operations.size > 0) frames.push(...frame(KIND.operations, Buffer.from(formatOperations(operations))));
  return Buffer.concat(frames);
}

/** Undefined for what `toStream` does not write. */
export function fromStream(bytes: Uint8Array): Content | undefined {
  const stream = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: StoredRecord[] = [];
  let operations: ReadonlyMap<string, string> | undefined = new Map();
  for (let at = 0; at < stream.length;) {
    const start = at + FRAME_HEADER_BYTES;
    const end = start <= stream.length ? start + stream.readUInt32BE(at + 1) : Infinity;
    if (end > stream.length) return undefined;
    const payload = stream.subarray(start, end);
    const kind = stream[at];
    if (kind === KIND.text) records.push(payload.toString());
    else if (kind === KIND.bytes) records.push(Uint8Array.from(payload));
    else if (kind === KIND.operations) operations = parseOperations(payload.toString());
    else return undefined;
    if (operations === undefined) return undefined;
    at = end;
  }
  return { records, operations };
}

function frame(kind: number, payload: Uint8Array): Uint8Array[] {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(payload.length, 1);
  return [header, payload];
}

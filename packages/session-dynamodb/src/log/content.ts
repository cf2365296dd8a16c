import { Buffer } from 'node:buffer';
import type { StoredRecord } from '@agent-sessions/session-core/store';
import { FRAME_HEADER_BYTES, fromStream, toStream } from './stream';

/** What a commit stores: records, and where its row begins the log anew, the operations of all commits before it. */
export interface Content {
  readonly records: readonly StoredRecord[];
  /** Fingerprints by operation id. */
  readonly operations: ReadonlyMap<string, string>;
}

/** A row has up to 400 KB; what it holds beside its content and its keys is well below 1 KB. */
export const MOST_INLINE_BYTES = 400 * 1_024 - 1_024;

const LINE_END = '\n';

/** What the content takes in a row. */
export function byteLength({ records, operations }: Content): number {
  const framing = areLines(records) ? 0 : records.length * (FRAME_HEADER_BYTES - 1);
  return bytesOf(records) + framing + formatOperations(operations).length;
}

/** What the records take in a row: each its bytes, and one more. */
export function bytesOf(records: readonly StoredRecord[]): number {
  return records.reduce((sum, record) => sum + 1 + Buffer.byteLength(record), 0);
}

/** One value for all records of a row: text with a record per line, or where that cannot be, a stream as in chunks. */
export function formatRecords(records: readonly StoredRecord[]): string | Uint8Array {
  if (areLines(records)) return records.join(LINE_END);
  return toStream({ records, operations: new Map() });
}

/** Undefined for what `formatRecords` does not write. */
export function parseRecords(value: string | Uint8Array): readonly StoredRecord[] | undefined {
  return typeof value === 'string' ? value.split(LINE_END) : fromStream(value)?.records;
}

export function formatOperations(operations: ReadonlyMap<string, string>): string {
  return [...operations].flat().join(' ');
}

/** Undefined for what `formatOperations` does not write. */
export function parseOperations(text: string): Map<string, string> | undefined {
  const words = text === '' ? [] : text.split(' ');
  const operations = new Map<string, string>();
  for (let index = 0; index < words.length; index += 2) {
    const [id = '', fingerprint = ''] = words.slice(index, index + 2);
    if (id === '' || fingerprint === '') return undefined;
    operations.set(id, fingerprint);
  }
  return operations;
}

function areLines(records: readonly StoredRecord[]): records is readonly string[] {
  return records.every((record) => typeof record === 'string' && !record.includes(LINE_END));
}

import { SessionError, type StoredRecord } from '@agent-sessions/session-core';
import type { Partition } from './partition';
import { newPartsName, partKey, rangeOf, type PartsName } from './partsName';
import { formatOperations, keyOf, parseOperations, type CommitRow, type Content, type Item } from './rows';

/*
 * Content that does not fit its commit's row is one stream of bytes, cut into parts that do. The stream is a sequence of
 * frames: one byte for the kind, four for the length, the payload.
 */

/** Below the 400 KB of a row, with room for its keys: values and names have up to 3 KB. */
const PART_BYTES = 400_000;

/** Each of up to 400 KB. */
const PUTS_AT_ONCE = 5;

/** Parts stay an hour longer than their row needs: a commit that is tried again a little later, with a later ttl, can use them. */
const LONGER_SECONDS = 3_600;

const KIND = { text: 0, bytes: 1, operations: 2 };
const FRAME_HEADER_BYTES = 5;

/**
 * The parts of one content. Each is put once, on condition that it is not there, and never again under its name: a put that
 * arrives late must not take back a ttl that was raised since.
 */
export class Parts {
  readonly name: PartsName;
  readonly #stream: Buffer;
  readonly #ttl: number | undefined;
  #state: 'unwritten' | 'begun' | 'written' = 'unwritten';

  /** @param rowTtl - of the row that names them. */
  constructor(content: Content, now: number, rowTtl: number | undefined) {
    this.#stream = toStream(content);
    this.name = newPartsName(now, Math.ceil(this.#stream.length / PART_BYTES));
    this.#ttl = rowTtl === undefined ? undefined : rowTtl + LONGER_SECONDS;
  }

  /** Whether they stay for as long as a row with this ttl. */
  outlast(rowTtl: number | undefined): boolean {
    return this.#ttl === undefined || (rowTtl !== undefined && rowTtl <= this.#ttl);
  }

  async write(partition: Partition): Promise<void> {
    if (this.#state === 'written') return;
    this.#state = 'begun';
    const items = this.#keys().map((key, index) => this.#toItem(partition, key, index));
    for (let start = 0; start < items.length; start += PUTS_AT_ONCE) {
      await Promise.all(items.slice(start, start + PUTS_AT_ONCE).map((item) => partition.putNew(item)));
    }
    this.#state = 'written';
  }

  async delete(partition: Partition): Promise<void> {
    if (this.#state === 'unwritten') return;
    await partition.delete(this.#keys());
  }

  #toItem({ keys, key }: Partition, sortKey: string, index: number): Item {
    return {
      ...keyOf(keys, key, sortKey),
      bytes: { B: this.#stream.subarray(index * PART_BYTES, (index + 1) * PART_BYTES) },
      ...(this.#ttl !== undefined && { [keys.ttl]: { N: `${this.#ttl}` } }),
    };
  }

  #keys(): string[] {
    return Array.from({ length: this.name.count }, (_, index) => partKey(this.name.stem, index + 1));
  }
}

/** The content in these parts; undefined when one is missing. @throws `CORRUPT_RECORD` */
export async function readParts(
  partition: Partition,
  parts: NonNullable<CommitRow['parts']>,
): Promise<Content | undefined> {
  const chunks: Uint8Array[] = [];
  for await (const item of partition.query({ ...rangeOf(parts), newestFirst: true })) {
    if (item[partition.keys.version]?.N !== partKey(parts.stem, chunks.length + 1)) return undefined;
    const bytes = item.bytes?.B;
    if (bytes === undefined) throw corrupt();
    chunks.push(bytes);
  }
  if (chunks.length !== parts.count) return undefined;
  const content = fromStream(Buffer.concat(chunks));
  if (content.records.length !== parts.records) throw corrupt();
  return content;
}

function toStream({ records, operations }: Content): Buffer {
  const frames = records.flatMap((record) =>
    typeof record === 'string' ? frame(KIND.text, Buffer.from(record)) : frame(KIND.bytes, record),
  );
  if (operations.size > 0) frames.push(...frame(KIND.operations, Buffer.from(formatOperations(operations))));
  return Buffer.concat(frames);
}

function frame(kind: number, payload: Uint8Array): Uint8Array[] {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(payload.length, 1);
  return [header, payload];
}

function fromStream(stream: Buffer): Content {
  const records: StoredRecord[] = [];
  let operations: ReadonlyMap<string, string> | undefined = new Map();
  for (let at = 0; at < stream.length;) {
    const start = at + FRAME_HEADER_BYTES;
    const end = start <= stream.length ? start + stream.readUInt32BE(at + 1) : Infinity;
    if (end > stream.length) throw corrupt();
    const payload = stream.subarray(start, end);
    const kind = stream[at];
    if (kind === KIND.text) records.push(payload.toString());
    else if (kind === KIND.bytes) records.push(Uint8Array.from(payload));
    else if (kind === KIND.operations) operations = parseOperations(payload.toString());
    else throw corrupt();
    if (operations === undefined) throw corrupt();
    at = end;
  }
  return { records, operations };
}

function corrupt(): SessionError {
  return new SessionError('CORRUPT_RECORD', 'the parts of a large commit cannot be put together');
}

import { Buffer } from 'node:buffer';
import { SessionError } from '@agent-sessions/session-core/store';
import type { Content } from './content';
import type { Chunk, CommitRow } from './rows';
import { fromStream, toStream } from './stream';
import { chunkKey, chunkKeys, chunkRange, newChunkSet, type ChunkSet } from '../table/rowKeys';
import type { SessionRows } from '../table/sessionRows';

/*
 * Content that does not fit its commit's row is one stream of bytes, cut into chunks that do.
 */

/** Below the 400 KB of a row, with room for its keys: values and names have up to 3 KB. */
const CHUNK_BYTES = 400_000;

/** Each of up to 400 KB. */
const PUTS_AT_ONCE = 5;

/** Chunks stay an hour longer than their row needs: a commit that is tried again a little later, with a later ttl, can use them. */
const LONGER_SECONDS = 3_600;

/**
 * Content in chunks. Each is put once, on condition that it is not there, and never again under its key: a put that arrives
 * late must not take back a ttl that was raised since.
 */
export class ChunkedContent {
  readonly chunks: ChunkSet;
  readonly #stream: Buffer;
  readonly #ttl: number | undefined;
  #state: 'unwritten' | 'begun' | 'written' = 'unwritten';

  /** @param rowTtl That of the row that names them. */
  constructor(content: Content, now: number, rowTtl: number | undefined) {
    this.#stream = toStream(content);
    this.chunks = newChunkSet(now, Math.ceil(this.#stream.length / CHUNK_BYTES));
    this.#ttl = rowTtl === undefined ? undefined : rowTtl + LONGER_SECONDS;
  }

  /** Whether they stay for as long as a row with this ttl. */
  outlasts(rowTtl: number | undefined): boolean {
    return this.#ttl === undefined || (rowTtl !== undefined && rowTtl <= this.#ttl);
  }

  async write(rows: SessionRows): Promise<void> {
    if (this.#state === 'written') return;
    this.#state = 'begun';
    const chunks = chunkKeys(this.chunks).map((key, index): Chunk => {
      const bytes = this.#stream.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
      return { kind: 'chunk', key, bytes, ttl: this.#ttl };
    });
    for (let start = 0; start < chunks.length; start += PUTS_AT_ONCE) {
      await Promise.all(chunks.slice(start, start + PUTS_AT_ONCE).map((chunk) => rows.putNew(chunk)));
    }
    this.#state = 'written';
  }

  async delete(rows: SessionRows): Promise<void> {
    if (this.#state === 'unwritten') return;
    await rows.write(chunkKeys(this.chunks).map((remove) => ({ remove })));
  }
}

/** The content in these chunks; undefined when one is missing. @throws `CORRUPT_RECORD` */
export async function readChunks(
  rows: SessionRows,
  chunks: NonNullable<CommitRow['chunks']>,
): Promise<Content | undefined> {
  const slices: Uint8Array[] = [];
  for await (const { key, bytes } of rows.query(chunkRange(chunks.name), { extent: 'all' })) {
    if (key !== chunkKey(chunks.name, slices.length + 1)) return undefined;
    if (bytes === undefined) throw corrupt();
    slices.push(bytes);
  }
  if (slices.length !== chunks.count) return undefined;
  const content = fromStream(Buffer.concat(slices));
  if (content?.records.length !== chunks.records) throw corrupt();
  return content;
}

function corrupt(): SessionError {
  return new SessionError('CORRUPT_RECORD', 'the chunks of a large commit cannot be put together');
}

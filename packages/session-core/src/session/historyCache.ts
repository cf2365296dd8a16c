import { readFields } from '../arguments/readArguments';
import { SessionError } from '../store/errors';
import { CachedHistories } from './cachedHistories';

export interface HistoryCacheOptions {
  /** How much memory the histories may take, in bytes, by an estimate. A positive integer. A larger history is not kept. */
  readonly maxBytes: number;
}

/** What a cache has done since it was made, and what it holds. */
export interface HistoryCacheStats {
  /** Reads that asked only for what was new, and got it. */
  readonly hits: number;
  /** Reads that got a whole history, or the end of one. */
  readonly misses: number;
  /** What the histories take, in bytes, by an estimate. */
  readonly bytes: number;
  /** Of how many sessions it holds the history. */
  readonly entries: number;
}

let open: (cache: HistoryCache) => CachedHistories;

/**
 * Histories that this process has read, so that its next read of a session asks the database only for what came after. Each
 * read still asks: what it returns is exactly as fresh as without the cache. Make one per process, and give it to every session
 * as the option `cache`, whatever its store and its tenant: each history is known by its database and its stored id. Those
 * that were not read for the longest time go first.
 *
 * It holds items as they are, in the memory of the process.
 */
export class HistoryCache {
  static {
    open = (cache) => cache.#histories;
  }

  readonly #histories: CachedHistories;

  /** @throws `INVALID_ARGUMENT` */
  constructor(options: HistoryCacheOptions) {
    const { maxBytes } = readFields(options, 'the argument');
    if (!Number.isSafeInteger(maxBytes) || Number(maxBytes) < 1) {
      throw new SessionError('INVALID_ARGUMENT', 'maxBytes must be a positive integer');
    }
    this.#histories = new CachedHistories(Number(maxBytes));
  }

  get stats(): HistoryCacheStats {
    const { hits, misses, bytes, size } = this.#histories;
    return { hits, misses, bytes, entries: size };
  }

  /** Forgets all histories. */
  clear(): void {
    this.#histories.clear();
  }
}

/** @throws `INVALID_ARGUMENT` unless it is one of this copy of the package. */
export function historiesOf(cache: unknown): CachedHistories {
  if (cache instanceof HistoryCache) return open(cache);
  throw new SessionError('INVALID_ARGUMENT', 'cache must be a HistoryCache of this package');
}

import { CallObserver } from './store/callObserver';
import type { DescribingStore, SessionDescription } from './store/describingStore';
import type { ExpiringStore, Expiry } from './store/expiringStore';
import {
  NO_HISTORY,
  type CacheKey,
  type CommitResult,
  type HistoryChange,
  type ReadOptions,
  type Revision,
  type StoredHistory,
  type StoredRecord,
} from './store/sessionStore';
import {
  isRefreshDue,
  resolveStoreOptions,
  type ResolvedStoreOptions,
  type StoreOptions,
} from './store/storeOptions';
import { bytesOf } from './store/bytesOf';

export interface MemoryStoreOptions extends Pick<StoreOptions, 'ttlSeconds' | 'ttlRefresh' | 'observe'> {
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Share this map to open the same sessions from several stores. */
  readonly sessions?: MemorySessions | undefined;
}

/** What a `MemoryStore` holds; opaque. */
export type MemorySessions = Map<string, MemoryHistory>;

interface MemoryHistory {
  records: readonly StoredRecord[];
  revision: Revision;
  operations: ReadonlyMap<string, string>;
  /** Every commit that landed, by its idempotency key; outlives `clear`, so that no late retry lands twice. */
  readonly commits: Map<string, Revision>;
  /** The length at each revision since something was last taken off. */
  lengths: Map<Revision, number>;
  /** When the session began and was last written, and when it expires: milliseconds since the epoch. */
  createdAt: number;
  updatedAt: number;
  expiresAt: number;
}

/** The reference store: the contract in its plainest form, and what every other store is tested against. Not durable. */
export class MemoryStore implements DescribingStore, ExpiringStore {
  readonly expiry: Expiry;
  readonly #sessions: MemorySessions;
  readonly #options: ResolvedStoreOptions;
  readonly #now: () => number;
  readonly #observer: CallObserver;

  constructor(options: MemoryStoreOptions = {}) {
    this.#sessions = options.sessions ?? new Map<string, MemoryHistory>();
    this.#options = resolveStoreOptions(options);
    this.expiry = { ttlSeconds: options.ttlSeconds, ttlRefresh: options.ttlRefresh };
    this.#now = options.now ?? Date.now;
    const { observe } = this.#options;
    this.#observer = new CallObserver(observe, { system: 'memory', collection: '' });
  }

  get cacheKey(): CacheKey {
    return { owner: this.#sessions, name: '' };
  }

  withExpiry({ ttlSeconds, ttlRefresh }: Expiry): MemoryStore {
    const { observe } = this.#options;
    return new MemoryStore({ ttlSeconds, ttlRefresh, observe, sessions: this.#sessions, now: this.#now });
  }

  async read(sessionId: string, options?: ReadOptions): Promise<StoredHistory> {
    const work = async (): Promise<StoredHistory> => Promise.resolve(this.#read(sessionId, options));
    return this.#observer.read(sessionId, work);
  }

  async commit(sessionId: string, change: HistoryChange): Promise<CommitResult> {
    const work = async (): Promise<CommitResult> =>
      Promise.resolve(this.#commit(this.#open(sessionId), change));
    return this.#observer.commit(sessionId, change, work);
  }

  async clear(sessionId: string): Promise<void> {
    const work = async (): Promise<void> => {
      reset(this.#open(sessionId));
      return Promise.resolve();
    };
    return this.#observer.clear(sessionId, work);
  }

  async describe(sessionId: string): Promise<SessionDescription> {
    const work = async (): Promise<SessionDescription> => Promise.resolve(this.#describe(sessionId));
    return this.#observer.describe(sessionId, work);
  }

  #read(sessionId: string, { last, after }: ReadOptions = {}): StoredHistory {
    const history = this.#open(sessionId);
    this.#refreshByRead(history);
    const { records, revision, lengths } = history;
    const known = after === undefined ? undefined : lengths.get(after);
    const start = known ?? Math.max(0, records.length - (last ?? records.length));
    const read = { records: records.slice(start).map(copy), revision };
    return known === undefined ? read : { ...read, after };
  }

  #describe(sessionId: string): SessionDescription {
    const { records, revision, createdAt, updatedAt, expiresAt } = this.#open(sessionId);
    const isThere = revision !== NO_HISTORY;
    return {
      items: records.length,
      bytes: bytesOf(records),
      revision,
      createdAt: isThere ? new Date(createdAt) : undefined,
      updatedAt: isThere ? new Date(updatedAt) : undefined,
      expiresAt: expiresAt === Infinity ? undefined : new Date(expiresAt),
    };
  }

  #commit(history: MemoryHistory, change: HistoryChange): CommitResult {
    const { idempotencyKey, append, drop = 0, ifRevision, operation } = change;
    const landed = history.commits.get(idempotencyKey);
    if (landed !== undefined) return { status: 'committed', revision: landed };
    const fingerprint = operation && history.operations.get(operation.id);
    if (fingerprint !== undefined) {
      return fingerprint === operation?.fingerprint
        ? { status: 'repeated', revision: history.revision }
        : { status: 'operation-mismatch' };
    }
    if (ifRevision !== undefined && ifRevision !== history.revision) return { status: 'conflict' };

    const kept = drop === 'all' ? 0 : Math.max(0, history.records.length - drop);
    if (kept < history.records.length) history.lengths = new Map();
    history.records = [...history.records.slice(0, kept), ...append.map(copy)];
    history.expiresAt = this.#expiryAfterCommit(history);
    history.updatedAt = this.#now();
    if (history.revision === NO_HISTORY) history.createdAt = history.updatedAt;
    history.revision = idempotencyKey;
    history.lengths.set(idempotencyKey, history.records.length);
    if (operation) {
      history.operations = new Map(history.operations).set(operation.id, operation.fingerprint);
    }
    history.commits.set(idempotencyKey, idempotencyKey);
    return { status: 'committed', revision: idempotencyKey };
  }

  #expiryAfterCommit({ expiresAt }: MemoryHistory): number {
    const { ttlMs = Infinity, ttlRefresh } = this.#options;
    const stays = ttlRefresh === 'never' && ttlMs !== Infinity && expiresAt !== Infinity;
    return stays ? expiresAt : this.#now() + ttlMs;
  }

  #refreshByRead(history: MemoryHistory): void {
    const { ttlMs, ttlRefresh } = this.#options;
    if (ttlMs === undefined || ttlRefresh !== 'access') return;
    if (isRefreshDue(ttlMs, history.expiresAt - this.#now())) history.expiresAt = this.#now() + ttlMs;
  }

  #open(sessionId: string): MemoryHistory {
    let history = this.#sessions.get(sessionId);
    if (history === undefined) {
      history = {
        records: [],
        revision: NO_HISTORY,
        operations: new Map(),
        commits: new Map(),
        lengths: new Map(),
        createdAt: 0,
        updatedAt: 0,
        expiresAt: Infinity,
      };
      this.#sessions.set(sessionId, history);
    }
    if (history.expiresAt <= this.#now()) reset(history);
    return history;
  }
}

function reset(history: MemoryHistory): void {
  history.records = [];
  history.revision = NO_HISTORY;
  history.operations = new Map();
  history.lengths = new Map();
  history.expiresAt = Infinity;
}

function copy(record: StoredRecord): StoredRecord {
  return typeof record === 'string' ? record : record.slice();
}

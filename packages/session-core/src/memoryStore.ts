import {
  NO_HISTORY,
  type CommitResult,
  type HistoryChange,
  type Revision,
  type SessionStore,
  type StoredHistory,
  type StoredRecord,
} from './sessionStore';
import { resolveStoreOptions } from './storeOptions';

export interface MemoryStoreOptions {
  /** The session expires this many seconds after its last write. A positive integer; omitted: never. */
  readonly ttlSeconds?: number | undefined;
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
  /** Every commit that landed, by id; outlives `clear`, so that no late retry lands twice. */
  readonly commits: Map<string, Revision>;
  expiresAt: number;
}

/** The reference store: the contract in its plainest form, and what every other store is tested against. Not durable. */
export class MemoryStore implements SessionStore {
  readonly #sessions: MemorySessions;
  readonly #ttlMs: number;
  readonly #now: () => number;

  constructor(options: MemoryStoreOptions = {}) {
    this.#sessions = options.sessions ?? new Map<string, MemoryHistory>();
    this.#ttlMs = resolveStoreOptions(options).ttlMs ?? Infinity;
    this.#now = options.now ?? Date.now;
  }

  async read(sessionId: string, options?: { readonly last?: number | undefined }): Promise<StoredHistory> {
    const { records, revision } = this.#open(sessionId);
    return Promise.resolve({
      records: records.slice(-(options?.last ?? records.length)).map(copy),
      revision,
    });
  }

  async commit(sessionId: string, change: HistoryChange): Promise<CommitResult> {
    return Promise.resolve(this.#commit(this.#open(sessionId), change));
  }

  async clear(sessionId: string): Promise<void> {
    reset(this.#open(sessionId));
    return Promise.resolve();
  }

  #commit(history: MemoryHistory, change: HistoryChange): CommitResult {
    const { id, append, drop = 0, ifRevision, operation } = change;
    const landed = history.commits.get(id);
    if (landed !== undefined) return { status: 'committed', revision: landed };
    const fingerprint = operation && history.operations.get(operation.id);
    if (fingerprint !== undefined) {
      return fingerprint === operation?.fingerprint
        ? { status: 'repeated', revision: history.revision }
        : { status: 'operation-mismatch' };
    }
    if (ifRevision !== undefined && ifRevision !== history.revision) return { status: 'conflict' };

    const kept = drop === 'all' ? 0 : Math.max(0, history.records.length - drop);
    history.records = [...history.records.slice(0, kept), ...append.map(copy)];
    history.revision = id;
    if (operation) {
      history.operations = new Map(history.operations).set(operation.id, operation.fingerprint);
    }
    history.commits.set(id, id);
    history.expiresAt = this.#now() + this.#ttlMs;
    return { status: 'committed', revision: id };
  }

  #open(sessionId: string): MemoryHistory {
    let history = this.#sessions.get(sessionId);
    if (history === undefined) {
      history = {
        records: [],
        revision: NO_HISTORY,
        operations: new Map(),
        commits: new Map(),
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
  history.expiresAt = Infinity;
}

function copy(record: StoredRecord): StoredRecord {
  return typeof record === 'string' ? record : record.slice();
}

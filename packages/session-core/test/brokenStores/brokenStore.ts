import { MemoryStore, SessionError, type MemorySessions } from '../../src';
import {
  isDescribing,
  type DescribingStore,
  type HistoryChange,
  type ObserveCall,
  type SessionStore,
  type StoredHistory,
  type StoredRecord,
  type TtlRefresh,
} from '../../src/store';
import type { Fixture, StoreHarness } from '../../src/testing';
import { fileProcesses } from './fileProcesses';

/** What all stores of one test share: the data, and a clock. */
export interface Database {
  readonly now: () => number;
  readonly open: (options?: OpenOptions) => MemoryStore;
}

interface OpenOptions {
  readonly ttlSeconds?: number | undefined;
  readonly ttlRefresh?: TtlRefresh | undefined;
  readonly observe?: ObserveCall | undefined;
}

/** Called once per database, for what broken stores share; then once for each store that is opened over it. */
export type Fault = (database: Database) => (options: OpenOptions) => SessionStore;

/** A fault of the stores that a harness creates, or of another part of a harness: called once for each database. */
type Broken = { readonly fault: Fault } | { readonly harness: () => StoreHarness };

/** A fault by name, and the cases of the kit that must notice it. */
export type BrokenStores = Readonly<Record<string, Broken & { readonly fails: readonly string[] }>>;

export const INTACT: Fault = (database) => database.open;

/** A harness over a database of its own. */
export function harnessOf(broken: Broken): StoreHarness {
  if ('harness' in broken) return broken.harness();
  const sessions: MemorySessions = new Map();
  let time = Date.now();
  const now = (): number => time;
  return {
    createStore: broken.fault({ now, open: (options) => new MemoryStore({ ...options, sessions, now }) }),
    // A broken store may keep a session under another id, of which the session's own is a part.
    contains: (sessionId, text) =>
      Promise.resolve(
        [...sessions].some(
          ([storedId, { records }]) =>
            storedId.includes(sessionId) && records.some((record) => textOf(record).includes(text)),
        ),
      ),
    elapse: (_sessionId, ms) => {
      time += ms;
      return Promise.resolve();
    },
    ttlRefresh: true,
    observe: true,
    processes: fileProcesses('processes'),
    unreachable: { 'a closed connection': () => over(new MemoryStore(), () => UNREACHABLE) },
    fixtures: { 'version 1': fixtureIn(sessions) },
  };
}

/** What a store without a connection does. */
export const UNREACHABLE: DescribingStore = {
  read: () => Promise.reject(noConnection()),
  commit: () => Promise.reject(noConnection()),
  clear: () => Promise.reject(noConnection()),
  describe: () => Promise.reject(noConnection()),
};

function noConnection(): SessionError {
  return new SessionError('STORE_UNAVAILABLE', 'no connection', { cause: new Error('ECONNREFUSED') });
}

/** A session as it is in memory. */
export function fixtureIn(sessions: MemorySessions): Fixture {
  const records = ['{"role":"user","content":"antediluvian"}', '{"role":"user","content":"primordial"}'];
  const operation = { id: 'o1', fingerprint: 'f1' };
  return {
    records,
    operations: [operation],
    put: (sessionId) => {
      const operations = new Map([[operation.id, operation.fingerprint]]);
      const commits = new Map([['first', 'first']]);
      sessions.set(sessionId, {
        records,
        revision: 'first',
        operations,
        commits,
        lengths: new Map(),
        createdAt: 0,
        updatedAt: 0,
        expiresAt: Infinity,
      });
      return Promise.resolve();
    },
  };
}

/** Replaces methods of each intact store; `alter` is called once per database, what it returns once per store. */
export function altering(alter: () => (intact: SessionStore) => Partial<SessionStore>): Fault {
  return (database) => {
    const alterStore = alter();
    return (options) => over(database.open(options), alterStore);
  };
}

export function over(
  intact: SessionStore,
  alter: (intact: SessionStore) => Partial<DescribingStore>,
): SessionStore {
  return {
    cacheKey: intact.cacheKey,
    read: (sessionId, options) => intact.read(sessionId, options),
    commit: (sessionId, change) => intact.commit(sessionId, change),
    clear: (sessionId) => intact.clear(sessionId),
    ...(isDescribing(intact) && { describe: (sessionId: string) => intact.describe(sessionId) }),
    ...alter(intact),
  };
}

/** Changes what every read returns. */
export function onRead(
  alter: (history: StoredHistory, last: number | undefined) => Partial<StoredHistory>,
): Fault {
  return altering(() => (intact) => ({
    read: async (sessionId, options) => {
      const history = await intact.read(sessionId, options);
      return { ...history, ...alter(history, options?.last) };
    },
  }));
}

/** Changes what every commit does. */
export function onCommit(
  alter: (change: HistoryChange, stored: StoredHistory) => Partial<HistoryChange>,
): Fault {
  return altering(() => (intact) => ({
    commit: async (sessionId, change) =>
      intact.commit(sessionId, { ...change, ...alter(change, await intact.read(sessionId)) }),
  }));
}

/** Keeps each session under another id. */
export function keyedBy(storedId: (sessionId: string) => string): (intact: SessionStore) => SessionStore {
  return (intact) => ({
    read: (sessionId, options) => intact.read(storedId(sessionId), options),
    commit: (sessionId, change) => intact.commit(storedId(sessionId), change),
    clear: (sessionId) => intact.clear(storedId(sessionId)),
  });
}

/** A text, or the text that these bytes are. */
function textOf(record: StoredRecord): string {
  return typeof record === 'string' ? record : Buffer.from(record).toString();
}

/** State of its own for each session. */
export function perSession<T>(create: () => T): (sessionId: string) => T {
  const all = new Map<string, T>();
  return (sessionId) => {
    const known = all.get(sessionId) ?? create();
    all.set(sessionId, known);
    return known;
  };
}

/** Lets everyone else go on in the middle of something that should be atomic. */
export function gap(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

let ids = 0;

/** An idempotency key that none was before. */
export function freshKey(): string {
  return `fresh-${++ids}`;
}

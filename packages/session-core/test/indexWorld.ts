import { RunContext } from '@openai/agents';
import {
  MemoryStore,
  SessionError,
  SessionIndex,
  StoredSession,
  type IndexedSession,
  type MemorySessions,
  type MemoryStoreOptions,
  type SessionOptions,
} from '../src';
import { NO_HISTORY, type DescribingStore, type ExpiringStore, type SessionStore } from '../src/store';
import { message } from './support';

/** A database in memory whose clock stands still, and moves by hand. */
export class IndexWorld {
  readonly sessions: MemorySessions = new Map();
  readonly expiry: Pick<MemoryStoreOptions, 'ttlSeconds' | 'ttlRefresh'>;
  now = 1_700_000_000_000;

  constructor(expiry: IndexWorld['expiry'] = {}) {
    this.expiry = expiry;
    jest.spyOn(Date, 'now').mockImplementation(() => this.now);
  }

  store(): MemoryStore {
    return new MemoryStore({ ...this.expiry, sessions: this.sessions, now: () => this.now });
  }

  /** A new object of a session of Ada's. */
  session(
    sessionId: string,
    options: SessionOptions = {},
    store: SessionStore = this.store(),
  ): StoredSession {
    return new StoredSession(store, { sessionId, index: { owner: 'ada' }, ...options });
  }

  async write(sessionId: string, content = 'a'): Promise<StoredSession> {
    const session = this.session(sessionId);
    await session.addItems([message(content)]);
    return session;
  }

  index(store: SessionStore = this.store()): SessionIndex {
    return new SessionIndex(store, { owner: 'ada' });
  }

  async all(limit = 100): Promise<IndexedSession[]> {
    return pagesOf(this.index(), limit);
  }

  async ids(): Promise<string[]> {
    return (await this.all()).map(({ sessionId }) => sessionId);
  }

  /** The ids of sessions without a scope that hold something, in no order. */
  stored(): string[] {
    return [...this.sessions].flatMap(([id, { revision, expiresAt }]) =>
      !id.startsWith('~') && revision !== NO_HISTORY && expiresAt > this.now ? [id] : [],
    );
  }

  /** The records of the index, as texts. */
  log(owner = 'ada'): string[] {
    const { records = [], expiresAt = 0 } = this.sessions.get(`~/index/${owner}`) ?? {};
    return expiresAt > this.now ? records.map((record) => record.toString()) : [];
  }

  /** Whether anything in the database holds this text. */
  contains(text: string): boolean {
    return [...this.sessions.values()].some(({ records }) =>
      records.some((each) => each.includes(text as never)),
    );
  }
}

/** All pages of an index. */
export async function pagesOf(index: SessionIndex, limit: number): Promise<IndexedSession[]> {
  const sessions: IndexedSession[] = [];
  let cursor: string | undefined;
  do {
    const page = await index.list({ limit, cursor });
    sessions.push(...page.sessions);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return sessions;
}

/** A store of a process that dies at its n-th change: before that is made, or when it is and nobody is told. */
export function dying(intact: MemoryStore, change: number, moment: 'before' | 'after'): SessionStore {
  let changes = 0;
  let isDead = false;
  const dead = (): SessionError => new SessionError('STORE_UNAVAILABLE', 'the process has died');
  const alive = <T>(work: () => Promise<T>): Promise<T> => (isDead ? Promise.reject(dead()) : work());
  const changing = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead) throw dead();
    isDead = ++changes === change;
    if (isDead && moment === 'before') throw dead();
    const result = await work();
    if (isDead) throw dead();
    return result;
  };
  const over = (store: MemoryStore): DescribingStore & ExpiringStore => ({
    cacheKey: store.cacheKey,
    expiry: store.expiry,
    read: (...args) => alive(() => store.read(...args)),
    describe: (...args) => alive(() => store.describe(...args)),
    commit: (...args) => changing(() => store.commit(...args)),
    clear: (...args) => changing(() => store.clear(...args)),
    withExpiry: (...args) => over(store.withExpiry(...args)),
  });
  return over(intact);
}

export const inScope = (tenant: string): RunContext<{ tenant: string }> => new RunContext({ tenant });

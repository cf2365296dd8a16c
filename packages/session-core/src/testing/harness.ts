import type { SessionStore } from '../sessionStore';
import type { TtlRefresh } from '../storeOptions';

/** Without `ttlSeconds`, sessions never expire; without `ttlRefresh`, each write puts the expiry off. */
export interface HarnessStoreOptions {
  readonly ttlSeconds?: number;
  readonly ttlRefresh?: TtlRefresh;
}

/**
 * What a backend's author hands to the kit.
 *
 * Isolation: every case uses session ids of its own, with a random part, and no two harnesses need to share anything. A
 * server that other people use must be given a table or key prefix of its own.
 */
export interface StoreHarness {
  /** A new store, each time over the same data. */
  createStore(options: HarnessStoreOptions): SessionStore | Promise<SessionStore>;

  /** Whether anything that the database keeps for this session, metadata included, contains `text`. */
  contains(sessionId: string, text: string): Promise<boolean>;

  /**
   * Lets `ms` milliseconds pass as far as the session's expiry is concerned: by the clock that the stores were given, or
   * by moving the deadlines in the database. `'never expires'` for a store without `ttlSeconds`.
   */
  readonly elapse: ((sessionId: string, ms: number) => Promise<void>) | 'never expires';

  /** Whether the store has the option `ttlRefresh`, as `StoreOptions` tells it. Default false. */
  readonly ttlRefresh?: boolean;
}

/** A named test that any runner can run: it passes when `run` resolves. */
export interface ConformanceCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What each case is given. */
export interface CaseContext {
  /** A store without expiry. */
  readonly store: SessionStore;
  readonly openStore: (options?: HarnessStoreOptions) => Promise<SessionStore>;
  readonly contains: (sessionId: string, text: string) => Promise<boolean>;
  readonly elapse: (sessionId: string, ms: number) => Promise<void>;
  /** An id that no other case uses and that begins with `start`. */
  readonly newId: (start?: string) => string;
}

export type Cases = Readonly<Record<string, (context: CaseContext) => Promise<void>>>;

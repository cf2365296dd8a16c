import type { ObserveCall } from '../store/observeCall';
import type { HistoryOperation, SessionStore, StoredRecord } from '../store/sessionStore';
import type { TtlRefresh } from '../store/storeOptions';

/** Without `ttlSeconds`, sessions never expire; without `ttlRefresh`, each write extends a session. */
export interface HarnessStoreOptions {
  readonly ttlSeconds?: number;
  readonly ttlRefresh?: TtlRefresh;
  readonly observe?: ObserveCall;
}

/**
 * What a backend's author hands to the kit.
 *
 * Isolation: every case uses session ids of its own, with a random part, and no two harnesses need to share anything. A
 * server that other people use must be given a table or key prefix of its own.
 */
export interface StoreHarness {
  /** A new store object at each call, each time over the same data. */
  createStore(options: HarnessStoreOptions): SessionStore | Promise<SessionStore>;

  /**
   * Whether anything that the database keeps for this session, metadata included, contains `text`. It looks into the
   * database, not by way of the store, which would not show what it hides.
   */
  contains(sessionId: string, text: string): Promise<boolean>;

  /**
   * Lets `ms` milliseconds pass as far as the session's expiry is concerned: by the clock that the stores were given, or
   * by moving the deadlines in the database. `'never expires'` for a store without `ttlSeconds`.
   */
  readonly elapse: ((sessionId: string, ms: number) => Promise<void>) | 'never expires';

  /** Whether the store has the option `ttlRefresh`, as `StoreOptions` tells it. Default false. */
  readonly ttlRefresh?: boolean;

  /** Whether the store has the option `observe`, as `StoreOptions` tells it. Default false. */
  readonly observe?: boolean;

  /** Stores in processes of their own. Omitted, nothing shows that a lock holds beyond its own process. */
  readonly processes?: StoreProcesses;

  /**
   * Stores without a connection, by what is wrong with it: a closed client, a server that does not listen. They should give
   * up soon: each is called some ten times.
   */
  readonly unreachable?: Readonly<Record<string, () => SessionStore | Promise<SessionStore>>>;

  /** Sessions as each released version stored them, by its name. */
  readonly fixtures?: Readonly<Record<string, Fixture>>;
}

/** How child processes with a store are started, as by `fork` of `node:child_process`. */
export interface StoreProcesses {
  /** A script that calls `serveStore`. A relative path is resolved from the current directory. */
  readonly module: string | URL;
  /** For `serveStore`: JSON. All processes with the same options work on the same data. */
  readonly options?: unknown;
  /** For node itself: `['--import', 'tsx']`, where the module is TypeScript. Default: those of this process. */
  readonly execArgv?: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One session as a released version stored it. */
export interface Fixture {
  /**
   * Puts the session into the database under this id, byte for byte as that version did: from constants, never by a store of
   * today, nor with its help.
   */
  readonly put: (sessionId: string) => Promise<void>;
  /** What is to be read of it: at least two. */
  readonly records: readonly StoredRecord[];
  /** What it was committed with. */
  readonly operations?: readonly HistoryOperation[];
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
  /** Calls `work` with so many stores, each in a process of its own, which ends with it. */
  readonly inProcesses: (
    count: number,
    work: (stores: readonly SessionStore[]) => Promise<void>,
  ) => Promise<void>;
  readonly contains: (sessionId: string, text: string) => Promise<boolean>;
  readonly elapse: (sessionId: string, ms: number) => Promise<void>;
  /** An id that no other case uses and that begins with `start`. */
  readonly newId: (start?: string) => string;
}

export type Cases = Readonly<Record<string, (context: CaseContext) => Promise<void>>>;

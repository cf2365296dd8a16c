/**
 * The contract between a session and its database: a session is a list of opaque records with an atomic end.
 *
 * Everything the SDK asks of a session is "read the end" or "atomically take k records off the end and put these on",
 * so a backend is these three methods, and all meaning lives once, in `StoredSession`.
 *
 * Not in this contract, on purpose:
 * - no connection: a store is handed its client and never opens or closes one;
 * - no list of sessions: a store knows the one that it is asked for;
 * - no transaction handle: one `commit` is the only unit of change;
 * - no `AgentInputItem`: a store never decodes, parses, or compares a record;
 * - no dropped records in a commit's answer: the session reads what it drops first, and names the revision it read, so
 *   that a record that cannot be decoded is never taken off.
 *
 * A store receives valid arguments only: ids are well-formed, 1 to 2,048 bytes of UTF-8; counts are safe integers; a
 * change changes something. It reports failures as `SessionError` (see `errors.ts`), with the driver's error as `cause`;
 * where there is no answer, it fails, and never takes that for an empty session or a change made.
 *
 * What is left in the database of records that are gone, where nobody sees them any more:
 * - after `clear`, nothing, whether they were dropped, expired or cleared;
 * - after a commit with `drop: 'all'`, nothing once the next commit is in. Where what deletes them failed, the next commit
 *   with `drop: 'all'` or `clear` makes up for it;
 * - what `drop: n` takes off may stay until one of these;
 * - what has expired may stay until `clear`.
 */
export interface SessionStore {
  /**
   * Names the place where the store keeps its sessions, for a `HistoryCache`: stores with the same owner and name have the same
   * sessions. Without it, nothing of the store is cached.
   */
  readonly cacheKey?: CacheKey | undefined;

  /**
   * The newest `last` records, or what came after the revision `after`, or all; oldest first, as one consistent snapshot of
   * the moment of the call, whatever the caller has from before.
   */
  read(sessionId: string, options?: ReadOptions): Promise<StoredHistory>;

  /**
   * Atomically drops the newest `drop` records, then appends `append`. All of it happens, or nothing.
   *
   * A commit whose `idempotencyKey` has landed already is the same commit tried again: it changes nothing and is
   * `committed`, also after later commits and after a `clear`. Only a store, and what is beneath it, tries again. So a store
   * may forget a key once no try of its commit can be under way any more: after its time limit for one call, and the time
   * for which a request can be held up on its way to the database.
   */
  commit(sessionId: string, change: HistoryChange): Promise<CommitResult>;

  /** Forgets the session: records, revision, operations. The next revision is `NO_HISTORY`. */
  clear(sessionId: string): Promise<void>;
}

export interface CacheKey {
  /** What reaches the database: the client that the store was given. */
  readonly owner: object;
  /** Tells apart what one client reaches: a key prefix, a table. */
  readonly name: string;
}

export interface ReadOptions {
  /** At least 1. Default all. */
  readonly last?: number | undefined;
  /**
   * The caller has the whole history as it was at this revision, and only needs what was appended since; never with `last`,
   * and never `NO_HISTORY`. A store that cannot tell, or that finds that anything was taken off since, answers with the whole
   * history, and may always do so.
   */
  readonly after?: Revision | undefined;
}

/**
 * What a store keeps of one item: text (well-formed Unicode, U+0000 and U+FEFF included), or bytes. It comes back as it went
 * in, text as text and bytes as bytes: sessions compare records byte for byte.
 */
export type StoredRecord = string | Uint8Array;

/**
 * Names one state of one session, opaque outside the store that made it: the same string until the next commit, then
 * another one. None comes back, except `NO_HISTORY`.
 */
export type Revision = string;

/** The revision of a session that holds nothing: never written, cleared, or expired. The same for every store. */
export const NO_HISTORY: Revision = '0';

/** A revision that no session ever has. */
export const NO_SUCH_REVISION: Revision = '-';

export interface StoredHistory {
  readonly records: readonly StoredRecord[];
  readonly revision: Revision;
  /** What was asked for as `after`, where the history is that of then with `records` behind it. */
  readonly after?: Revision | undefined;
}

export interface HistoryChange {
  /** Unique per commit, and the same for each try of it; 1 to 64 characters of `A-Z a-z 0-9 _ -`. */
  readonly idempotencyKey: string;
  readonly append: readonly StoredRecord[];
  /** How many of the newest records go. More than there are drops all there are. Default 0. */
  readonly drop?: number | 'all' | undefined;
  /** Commit only if the session is still at this revision; otherwise `conflict`. */
  readonly ifRevision?: Revision | undefined;
  /** Commit only once per operation id, for as long as the session lives. */
  readonly operation?: HistoryOperation | undefined;
  /** A hint that a store may ignore: the revision that the caller last saw, with which a store may do without a read. */
  readonly lastSeen?: Revision | undefined;
}

/** Both fields are digests: 1 to 64 characters of `A-Z a-z 0-9 _ -`. */
export interface HistoryOperation {
  readonly id: string;
  /** Equal for equal changes: tells a repetition from another change under the same id. */
  readonly fingerprint: string;
}

export type CommitResult =
  /** It is in, now or by an earlier try with the same idempotency key. `revision` is the one this commit made. */
  | { readonly status: 'committed'; readonly revision: Revision }
  /** The session is not at `ifRevision`. Nothing changed. */
  | { readonly status: 'conflict' }
  /** An earlier commit has this operation id and this fingerprint. Nothing changed. Precedes `conflict`. */
  | { readonly status: 'repeated'; readonly revision: Revision }
  /** An earlier commit has this operation id and another fingerprint. Nothing changed. Precedes `conflict`. */
  | { readonly status: 'operation-mismatch' };

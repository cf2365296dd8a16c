import { assertOneOf } from '../arguments/assertOneOf';
import { readFields } from '../arguments/readArguments';
import type { SessionEncryption } from '../records/sessionEncryption';
import { isDescribing, type SessionDescription } from '../store/describingStore';
import { SessionError } from '../store/errors';
import { NO_HISTORY, type SessionStore } from '../store/sessionStore';
import { keyOfSession, type CachedHistories } from './cachedHistories';
import { eraseSessions, type EraseOptions, type EraseReport, type ErasureTarget } from './eraseSessions';
import { historiesOf, type HistoryCache } from './historyCache';
import { assertOwner, isName } from './indexOptions';
import {
  hasAllSessions,
  newestEntries,
  withoutSuperseded,
  type IndexEntry,
  type OwnerIndex,
} from './ownerIndex';
import { erasePendingRuns, pendingRunsPlace } from './pendingRunList';
import { areOf, Registration } from './registration';
import { assertEncryption, codecsOf, type CodecOf } from './sessionCodecs';
import type { SessionDetails } from './sessionDetails';
import { storedSessionId } from './sessionId';
import { invalid } from '../arguments/invalid';
import { bytesOf } from '../store/bytesOf';

/** Which sessions are listed: those with the option `index` of the same owner and scope, in the same database. */
export interface SessionIndexOptions {
  /** As in the option `index` of the sessions. Without it, the sessions that have none, in `scope`. */
  readonly owner?: string | undefined;
  /** What the function `scope` of the sessions returns, where they have one. */
  readonly scope?: string | undefined;
  /** That of the sessions in this process: `erase` deletes their histories from it too. */
  readonly cache?: HistoryCache | undefined;
  /** As of the sessions: `'skip'` reads past entries of the index that cannot be decoded. */
  readonly onCorruptRecord?: 'error' | 'skip' | undefined;
  /** That of the sessions: the index is encrypted as they are. */
  readonly encryption?: SessionEncryption | undefined;
}

export interface ListSessionsOptions {
  /** From 1 to 100; default 20. */
  readonly limit?: number | undefined;
  /** Of the page before. */
  readonly cursor?: string | undefined;
}

/** A session as it is listed. */
export type IndexedSession = SessionDetails & SessionDescription & { readonly sessionId: string };

export interface SessionPage {
  /** Those that were written to last come first. */
  readonly sessions: IndexedSession[];
  /** For the next page; absent on the last. */
  readonly cursor?: string | undefined;
}

const DEFAULT_LIMIT = 20;
const HIGHEST_LIMIT = 100;

/** So old is the entry of a session that is gone when it is deleted: nobody who registered it has yet to write to it. */
const ABANDONED_MS = 86_400_000;

/** So many of those are worth a rewrite of the index. */
const MOST_ABANDONED = 16;

/** The sessions of one owner, in any process, with any store of their database. */
export class SessionIndex {
  readonly #store: SessionStore;
  readonly #scope: string | undefined;
  readonly #cache: CachedHistories | undefined;
  readonly #codecOf: CodecOf;
  readonly #index: OwnerIndex;

  /** @throws `INVALID_ARGUMENT` */
  constructor(store: SessionStore, options: SessionIndexOptions) {
    const { owner, scope, cache, onCorruptRecord = 'error', encryption } = options;
    if (scope !== undefined && !isName(scope)) throw invalid('scope must be a non-empty, well-formed string');
    assertOwner(owner, scope !== undefined);
    assertOneOf('onCorruptRecord', onCorruptRecord, ['error', 'skip']);
    if (encryption !== undefined) assertEncryption(encryption);
    this.#store = store;
    this.#scope = scope;
    this.#cache = cache === undefined ? undefined : historiesOf(cache);
    this.#codecOf = codecsOf({ compression: false, encryption });
    const skipCorrupt = onCorruptRecord === 'skip';
    this.#index = new Registration(store, { owner, codecOf: this.#codecOf, skipCorrupt }).indexOf(scope);
  }

  /**
   * A page of the sessions that there are, those that were written to last first, as far as a minute tells. A session that is
   * written to while pages are turned moves to the front of the first, and no other is shown twice or left out for that.
   *
   * It reads the index as far back as the page goes, and describes each session of the page; on a store that cannot describe
   * it reads their histories. On one that can, it extends no session.
   *
   * @throws `INVALID_ARGUMENT`, `CORRUPT_RECORD`, `UNSUPPORTED_FORMAT`
   */
  async list(options: ListSessionsOptions = {}): Promise<SessionPage> {
    const { limit, before } = parseListOptions(options);
    const described = new Map<number, IndexedSession | undefined>();
    for (let last = 2 * (limit + 1); ; last *= 2) {
      const log = await this.#index.read(last);
      const entries = newestEntries(log).filter(({ at }) => at < before);
      const found = await this.#describeFirst(entries, limit + 1, described);
      if (found.length <= limit && !hasAllSessions(log)) continue;
      const gone = entries.filter(({ at }) => described.has(at) && described.get(at) === undefined);
      await this.#removeAbandoned(gone);
      const sessions = found.slice(0, limit).map(({ session }) => session);
      const next = found[limit] && found[limit - 1]?.at;
      return next === undefined ? { sessions } : { sessions, cursor: `${next}` };
    }
  }

  /**
   * Erases every session that is listed, what is gone already too: its items and what is known of it, its pending runs, its
   * history in the option `cache`, its title and metadata; in the end the index. Call it again when it was interrupted, whatever
   * the reason: it goes on, and comes to the same end.
   *
   * Let nobody write to the sessions from a minute before it: one that is written to meanwhile is erased too, or begins anew,
   * and is listed again when it is next written to a minute later.
   *
   * @throws `ABORTED` by its signal, what `onProgress` throws, the errors of a session's clear.
   */
  async erase(options: EraseOptions = {}): Promise<EraseReport> {
    const target: ErasureTarget = {
      store: this.#store,
      index: this.#index,
      storedIdOf: (sessionId) => storedSessionId(sessionId, this.#scope),
      eraseBelongings: async (sessionIds) => {
        for (const sessionId of sessionIds) this.#forgetCached(sessionId);
        if (this.#scope === undefined) await this.#erasePendingRuns(sessionIds);
      },
      eraseShared: async (sessionIds) => {
        if (this.#scope !== undefined) await this.#erasePendingRuns(sessionIds);
      },
    };
    return eraseSessions(target, options);
  }

  /** The first `count` of the entries whose sessions are there, each described at most once. */
  async #describeFirst(
    entries: readonly IndexEntry[],
    count: number,
    described: Map<number, IndexedSession | undefined>,
  ): Promise<{ at: number; session: IndexedSession }[]> {
    const found: { at: number; session: IndexedSession }[] = [];
    for (let next = 0; next < entries.length && found.length < count;) {
      const batch = entries.slice(next, next + count - found.length);
      next += batch.length;
      const unknown = batch.filter(({ at }) => !described.has(at));
      await Promise.all(unknown.map(async (entry) => described.set(entry.at, await this.#describe(entry))));
      for (const { at } of batch) {
        const session = described.get(at);
        if (session) found.push({ at, session });
      }
    }
    return found;
  }

  /** Undefined where there is no such session (any more). */
  async #describe(entry: IndexEntry): Promise<IndexedSession | undefined> {
    const { sessionId, details } = entry;
    const description = await describeStored(this.#store, storedSessionId(sessionId, this.#scope));
    if (description.revision === NO_HISTORY) return undefined;
    const isOfThis = areOf(entry, description.createdAt?.getTime());
    return { ...(isOfThis && details), ...description, sessionId };
  }

  /** Removes the entries of sessions that are gone for long, where there are many. Whoever was faster has changed the index. */
  async #removeAbandoned(gone: readonly IndexEntry[]): Promise<void> {
    const limit = Date.now() - ABANDONED_MS;
    const abandoned = new Set(gone.filter(({ at }) => at < limit).map(({ sessionId }) => sessionId));
    if (abandoned.size < MOST_ABANDONED) return;
    const log = await this.#index.read();
    const isAbandoned = ({ sessionId, at }: IndexEntry): boolean => abandoned.has(sessionId) && at < limit;
    try {
      await this.#index.rewrite(log, withoutSuperseded(log, isAbandoned));
    } catch (error) {
      // Listing needs nothing of this.
      if (!SessionError.is(error, 'CONTENTION') && !SessionError.is(error, 'COMMIT_TOO_LARGE')) throw error;
    }
  }

  async #erasePendingRuns(sessionIds: readonly string[]): Promise<void> {
    // In a scope, there is one place for all.
    const ids = this.#scope === undefined ? sessionIds : sessionIds.slice(0, 1);
    const places = ids.flatMap((sessionId) => pendingRunsPlace(sessionId, this.#scope, this.#codecOf) ?? []);
    await erasePendingRuns(this.#store, places, sessionIds);
  }

  #forgetCached(sessionId: string): void {
    const { cacheKey } = this.#store;
    if (cacheKey === undefined) return;
    this.#cache?.delete(keyOfSession(cacheKey, storedSessionId(sessionId, this.#scope)));
  }
}

/** On a store that cannot describe, from the history. */
async function describeStored(store: SessionStore, storedId: string): Promise<SessionDescription> {
  if (isDescribing(store)) return store.describe(storedId);
  const { records, revision } = await store.read(storedId);
  const bytes = bytesOf(records);
  return {
    ...{ items: records.length, bytes, revision },
    ...{ createdAt: undefined, updatedAt: undefined, expiresAt: undefined },
  };
}

function parseListOptions(given: ListSessionsOptions): { limit: number; before: number } {
  const { limit = DEFAULT_LIMIT, cursor } = readFields(given, 'the options');
  if (!Number.isInteger(limit) || Number(limit) < 1 || Number(limit) > HIGHEST_LIMIT) {
    throw invalid(`limit must be an integer from 1 to ${HIGHEST_LIMIT}`);
  }
  if (cursor === undefined) return { limit: Number(limit), before: Infinity };
  if (typeof cursor !== 'string' || !/^\d{1,16}$/.test(cursor))
    throw invalid('cursor must be one of a page before');
  return { limit: Number(limit), before: Number(cursor) };
}

import { randomBytes } from 'node:crypto';
import {
  CallObserver,
  isRefreshDue,
  NO_HISTORY,
  resolveStoreOptions,
  SessionError,
  type CacheKey,
  type CallTally,
  type CommitResult,
  type DescribingStore,
  type ExpiringStore,
  type Expiry,
  type HistoryChange,
  type ReadOptions,
  type ResolvedStoreOptions,
  type SessionDescription,
  type StoredHistory,
  type StoreOptions,
  type TimeLimit,
} from '@agent-sessions/session-core/store';
import { Change, type ChangeRequest } from './change';
import type { RedisClientAdapter } from './clients/adapter';
import { toAdapter, type RedisSessionClient } from './clients/toAdapter';
import { toDescription } from './description';
import { FoundSessions } from './foundSessions';
import { toElement, toRecord } from './layout/elements';
import { assertKeyPrefix, sessionKeys, type SessionKeys } from './layout/keys';
import { isOfOthers, keyOfOthers, ownerIn, type PythonPackage } from './layout/otherLayouts';
import { newSeal } from './layout/seal';
import {
  landedRevision,
  partsOf,
  sequenceNumberOf,
  shrunkIn,
  toLanding,
  toPacked,
  toRevision,
  type RevisionParts,
} from './layout/state';
import { assertWaitForReplicas, cannotWait } from './replicationState';
import {
  newMark,
  toRangeHistory,
  toRawDescription,
  toRawHistory,
  unknownReply,
  type ChangeReply,
  type RangeRequest,
  type RawHistory,
} from './replies';
import { CLEAR } from './scripts/clear';
import { COMMIT } from './scripts/commit';
import { DESCRIBE } from './scripts/describe';
import { LOOK_FOR_OTHERS } from './scripts/otherLayout';
import { READ } from './scripts/read';
import { TOUCH } from './scripts/touch';
import { Tries } from './tries';

export interface RedisStoreOptions extends StoreOptions {
  /**
   * A client of `redis` or `ioredis`, connected by the caller, who also closes it; of another package, with a
   * `RedisClientAdapter` for it. It is recognised by its methods.
   */
  readonly client: RedisSessionClient;
  /** Begins every key. Non-empty, well-formed, without `{` and `}`. Default `openai_agents_session`. */
  readonly keyPrefix?: string | undefined;
  /**
   * A write is acknowledged once this many replicas of its master have it. A positive integer; omitted: none. Until then it
   * is asked for within `timeoutMs`, after that the call fails with `STORE_UNAVAILABLE`: it is written all the same.
   */
  readonly waitForReplicas?: number | undefined;
}

const COMMITTED = ['committed', 'repeated', 'conflict', 'operation-mismatch'] as const;
const CLEARED = ['cleared'] as const;
const TOUCHED = ['extended', 'unchanged'];
const STATE = ['state'];

/** Clients pass a command's arguments on the stack, which overflows at some 60,000. */
const MOST_RECORDS = 30_000;
/** At most three bytes each: safely below the 512 MB that a server takes at once (`proto-max-bulk-len`). */
const MOST_CHARACTERS = 128 * 1_024 * 1_024;

/**
 * A `SessionStore` that can describe sessions, in Redis or Valkey: per session, a list of records and a hash of metadata. Each method is atomic and,
 * once the server knows its script, one round trip.
 */
export class RedisStore implements DescribingStore, ExpiringStore {
  readonly expiry: Expiry;
  readonly cacheKey: CacheKey;
  readonly #given: RedisStoreOptions;
  readonly #client: RedisClientAdapter;
  readonly #keyPrefix: string;
  readonly #options: ResolvedStoreOptions;
  readonly #ttlMs: string;
  readonly #keepsDeadline: 'keep' | '';
  readonly #waitForReplicas: number | undefined;
  readonly #tries: Tries;
  readonly #observer: CallObserver;
  readonly #found: FoundSessions;

  /** @throws `INVALID_ARGUMENT`; `STORE_MISCONFIGURED` for `waitForReplicas` with an adapter that cannot */
  constructor(options: RedisStoreOptions) {
    const { client, keyPrefix = 'openai_agents_session', waitForReplicas } = options;
    this.#given = { ...options };
    this.expiry = { ttlSeconds: options.ttlSeconds, ttlRefresh: options.ttlRefresh };
    this.#client = toAdapter(client);
    assertKeyPrefix(keyPrefix);
    if (waitForReplicas !== undefined) {
      assertWaitForReplicas(waitForReplicas);
      if (this.#client.askReplicas === undefined) throw cannotWait();
    }
    this.#keyPrefix = keyPrefix;
    this.cacheKey = { owner: client, name: keyPrefix };
    this.#options = resolveStoreOptions(options);
    const { ttlMs, ttlRefresh, observe } = this.#options;
    this.#ttlMs = `${ttlMs ?? ''}`;
    this.#keepsDeadline = ttlMs !== undefined && ttlRefresh === 'never' ? 'keep' : '';
    this.#waitForReplicas = waitForReplicas;
    this.#tries = new Tries(this.#client, this.#options);
    this.#found = FoundSessions.of(this.#client);
    this.#observer = new CallObserver(observe, { system: 'redis', collection: keyPrefix });
  }

  withExpiry({ ttlSeconds, ttlRefresh }: Expiry): RedisStore {
    return new RedisStore({ ...this.#given, ttlSeconds, ttlRefresh });
  }

  read(sessionId: string, options: ReadOptions = {}): Promise<StoredHistory> {
    return this.#observer.read(sessionId, (tally) => this.#read(sessionId, options, tally));
  }

  commit(sessionId: string, change: HistoryChange): Promise<CommitResult> {
    return this.#observer.commit(sessionId, change, (tally) => this.#commit(sessionId, change, tally));
  }

  clear(sessionId: string): Promise<void> {
    return this.#observer.clear(sessionId, (tally) => this.#clear(sessionId, tally));
  }

  /** One round trip of a few hundred bytes, whatever the size of the session. Times are the server's. */
  describe(sessionId: string): Promise<SessionDescription> {
    return this.#observer.describe(sessionId, (tally) => this.#describe(sessionId, tally));
  }

  async #read(sessionId: string, { last, after }: ReadOptions, tally?: CallTally): Promise<StoredHistory> {
    const keys = sessionKeys(this.#keyPrefix, sessionId);
    const { ttlMs, ttlRefresh } = this.#options;
    const withExpiry = ttlMs !== undefined && ttlRefresh === 'access';
    const known = after === undefined ? undefined : partsOf(after);
    const others = keyOfOthers(this.#keyPrefix, sessionId);
    const asked = this.#found.has(keys[1]) ? undefined : others;
    const toNews = known && newsRequest(known, withExpiry);
    const toEnd = endRequest(last, withExpiry, asked);
    return this.#tries.read(async (limit) => {
      const news = known && toNews && (await this.#readNews(keys, known, toNews, limit));
      const history = news ?? (await this.#readRange(keys, toEnd, limit));
      if (history.state !== null || history.elements.length > 0) this.#found.add(keys[1]);
      else if (others !== undefined && !history.hasNoOthers) await this.#lookForOthers(others, limit);
      if (withExpiry) await this.#extend(keys, history, ttlMs, limit);
      const { elements, revision } = history;
      const records = elements.map(toRecord);
      return news === undefined ? { records, revision } : { records, revision, after };
    }, tally);
  }

  /** What follows a revision; undefined where something was taken off since, or nobody can tell any more. */
  async #readNews(
    keys: SessionKeys,
    known: RevisionParts,
    request: ReadRequest,
    limit: TimeLimit,
  ): Promise<RawHistory | undefined> {
    const history = await this.#readRange(keys, request, limit);
    return hasOnlyGrown(history, known) ? history : undefined;
  }

  /** One round trip, or two when somebody commits at the same moment. */
  async #readRange(keys: SessionKeys, request: ReadRequest, limit: TimeLimit): Promise<RawHistory> {
    const replies = await this.#client.readRange?.(keys, request, limit);
    const history = replies && toRangeHistory(replies);
    if (history !== undefined) return history;
    const { mark, start, fields } = request;
    const call = { keys, arguments: [mark, `${start}`, ...fields] };
    return toRawHistory(await this.#client.run(READ, call, limit), mark);
  }

  /**
   * Where nothing at all is stored, not even that a session was cleared, another package may have it.
   *
   * @throws `STORE_MISCONFIGURED`
   */
  async #lookForOthers(key: string, limit: TimeLimit): Promise<void> {
    let owner: PythonPackage | undefined;
    try {
      owner = ownerIn(await this.#client.run(LOOK_FOR_OTHERS, { keys: [key], arguments: [] }, limit));
    } catch (error) {
      // A key that this user may not read holds nothing for it.
      if (this.#client.kindOf(error) === 'reply' && !this.#tries.isTransient(error)) return;
      throw error;
    }
    if (owner !== undefined) throw isOfOthers(owner);
  }

  async #extend(
    keys: SessionKeys,
    { remainingMs, revision }: RawHistory,
    ttlMs: number,
    limit: TimeLimit,
  ): Promise<void> {
    const hasExpiry = remainingMs >= 0 && revision !== NO_HISTORY;
    if (!hasExpiry || !isRefreshDue(ttlMs, remainingMs)) return;
    const call = { keys, arguments: [toPacked(revision), this.#ttlMs] };
    const reply = await this.#client.run(TOUCH, call, limit);
    if (!TOUCHED.includes(String(reply))) throw unknownReply(reply);
  }

  async #describe(sessionId: string, tally?: CallTally): Promise<SessionDescription> {
    const keys = sessionKeys(this.#keyPrefix, sessionId);
    const mark = newMark();
    return this.#tries.read(async (limit) => {
      const reply = await this.#client.run(DESCRIBE, { keys, arguments: [mark] }, limit);
      return toDescription(toRawDescription(reply, mark));
    }, tally);
  }

  async #commit(sessionId: string, change: HistoryChange, tally?: CallTally): Promise<CommitResult> {
    const { idempotencyKey: id, append, ifRevision, lastSeen } = change;
    assertFits(append);
    const request = {
      script: COMMIT,
      statuses: COMMITTED,
      keys: sessionKeys(this.#keyPrefix, sessionId),
      id,
      since: sequenceNumberOf(lastSeen) ?? sequenceNumberOf(ifRevision) ?? '0',
      ...this.#argumentsOf(change),
      waitForReplicas: this.#waitForReplicas,
    };
    const { status, detail } = await this.#change(request, tally);
    if (status === 'committed') return { status, revision: landedRevision(detail, id) };
    return status === 'repeated' ? { status, revision: toRevision(detail) } : { status };
  }

  /** Of the script, behind the first two. */
  #argumentsOf(change: HistoryChange): Pick<ChangeRequest<string>, 'rest' | 'last'> {
    const { append, drop = 0, ifRevision, operation } = change;
    const now = Date.now();
    const elements = append.map((record) => toElement(record, now));
    const last = elements.pop();
    const isPlain = drop === 0 && ifRevision === undefined && operation === undefined;
    if (last && isPlain && this.#keepsDeadline === '' && this.#waitForReplicas === undefined) {
      return { rest: [this.#ttlMs, '5', ...elements], last };
    }
    const rest = [
      ...[this.#ttlMs, last ? '11' : '12', drop === 'all' ? '-1' : `${drop}`, this.#keepsDeadline],
      ifRevision === undefined ? '' : toPacked(ifRevision),
      ...[operation?.id ?? '', operation?.fingerprint ?? '', `${this.#waitForReplicas ?? ''}`],
      ...elements,
    ];
    return { rest, last: last ?? newSeal() };
  }

  async #clear(sessionId: string, tally?: CallTally): Promise<void> {
    const request = {
      script: CLEAR,
      statuses: CLEARED,
      keys: sessionKeys(this.#keyPrefix, sessionId),
      id: `~${randomBytes(15).toString('base64url')}`,
      since: '0',
      rest: [`${this.#waitForReplicas ?? ''}`],
      last: newSeal(),
      waitForReplicas: this.#waitForReplicas,
    };
    await this.#change(request, tally);
  }

  async #change<Status extends string>(
    request: ChangeRequest<Status>,
    tally: CallTally | undefined,
  ): Promise<ChangeReply<Status>> {
    const change = new Change(this.#client, request);
    try {
      const reply = await this.#tries.change((limit) => change.attempt(limit), tally);
      if (reply !== undefined) return reply;
    } finally {
      change.end();
    }
    throw new SessionError(
      'STORE_UNAVAILABLE',
      'an earlier try got no answer, and whether it was made is no longer known: others wrote too much since, or the hash ' +
        'of the session was evicted',
    );
  }
}

/** One for all tries of a call, each of which may be told what the one before it was. */
interface ReadRequest extends RangeRequest {
  /** For the script to give back. */
  readonly mark: string;
}

function endRequest(last: number | undefined, withExpiry: boolean, others: string | undefined): ReadRequest {
  const start = last === undefined ? 0 : -last;
  return { start, fields: STATE, withLength: start !== 0, withExpiry, others, mark: newMark() };
}

function newsRequest({ length, id }: RevisionParts, withExpiry: boolean): ReadRequest {
  const fields = ['state', `c:${id}`];
  return { start: length, fields, withLength: true, withExpiry, others: undefined, mark: newMark() };
}

/**
 * Whether a session is at that revision, or has only grown since: the revision's id still leads to it, so that this history
 * has been there (a failover may have brought another one), and nothing has been taken off since.
 */
function hasOnlyGrown({ state, entry, revision }: RawHistory, known: RevisionParts): boolean {
  if (state === null || entry === null || partsOf(revision) === undefined) return false;
  const landing = toLanding(known);
  return landing.equals(entry.subarray(0, landing.length)) && shrunkIn(state) <= known.sequenceNumber;
}

/** @throws `COMMIT_TOO_LARGE` */
function assertFits(append: HistoryChange['append']): void {
  const characters = append.reduce((sum, { length }) => sum + length, 0);
  if (append.length > MOST_RECORDS || characters > MOST_CHARACTERS) {
    throw new SessionError(
      'COMMIT_TOO_LARGE',
      `one write takes at most ${MOST_RECORDS} items of together ${MOST_CHARACTERS} characters`,
    );
  }
}

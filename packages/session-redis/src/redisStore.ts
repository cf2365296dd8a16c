import { randomUUID } from 'node:crypto';
import {
  isRefreshDue,
  NO_HISTORY,
  resolveStoreOptions,
  SessionError,
  withRetries,
  type CommitResult,
  type HistoryChange,
  type ReadOptions,
  type ResolvedStoreOptions,
  type RetryOptions,
  type SessionStore,
  type StoredHistory,
  type StoreOptions,
  type TimeLimit,
} from '@agent-sessions/session-core/store';
import { Change, type ChangeRequest } from './change';
import type { RedisClientAdapter } from './clients/adapter';
import { toAdapter, type RedisSessionClient } from './clients/toAdapter';
import { isTransient, notConnected, toSessionError } from './errors';
import { toElement, toRecord } from './layout/elements';
import { assertKeyPrefix, sessionKeys, type SessionKeys } from './layout/keys';
import { sequenceNumberOf } from './layout/revision';
import { assertWaitForReplicas, cannotWait } from './replicationState';
import { toRawHistory, toWholeHistory, unknownReply, type ChangeReply, type RawHistory } from './replies';
import { CLEAR } from './scripts/clear';
import { COMMIT } from './scripts/commit';
import { READ } from './scripts/read';
import { TOUCH } from './scripts/touch';

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

/** Clients pass a command's arguments on the stack, which overflows at some 60,000. */
const MOST_RECORDS = 30_000;
/** At most three bytes each: safely below the 512 MB that a server takes at once (`proto-max-bulk-len`). */
const MOST_CHARACTERS = 128 * 1_024 * 1_024;

/**
 * A `SessionStore` in Redis or Valkey: per session, a list of records and a hash of metadata. Each method is atomic and,
 * once the server knows its script, one round trip.
 */
export class RedisStore implements SessionStore {
  readonly #client: RedisClientAdapter;
  readonly #keyPrefix: string;
  readonly #options: ResolvedStoreOptions;
  readonly #ttlMs: string;
  readonly #keepsDeadline: 'keep' | '';
  readonly #waitForReplicas: number | undefined;

  /** @throws `INVALID_ARGUMENT`; `STORE_MISCONFIGURED` for `waitForReplicas` with an adapter that cannot */
  constructor(options: RedisStoreOptions) {
    const { client, keyPrefix = 'openai_agents_session', waitForReplicas } = options;
    this.#client = toAdapter(client);
    assertKeyPrefix(keyPrefix);
    if (waitForReplicas !== undefined) {
      assertWaitForReplicas(waitForReplicas);
      if (this.#client.askReplicas === undefined) throw cannotWait();
    }
    this.#keyPrefix = keyPrefix;
    this.#options = resolveStoreOptions(options);
    const { ttlMs, ttlRefresh } = this.#options;
    this.#ttlMs = `${ttlMs ?? ''}`;
    this.#keepsDeadline = ttlMs !== undefined && ttlRefresh === 'never' ? 'keep' : '';
    this.#waitForReplicas = waitForReplicas;
  }

  async read(sessionId: string, options?: ReadOptions): Promise<StoredHistory> {
    const keys = sessionKeys(this.#keyPrefix, sessionId);
    const { ttlMs, ttlRefresh } = this.#options;
    const withExpiry = ttlMs !== undefined && ttlRefresh === 'access';
    const { revision, elements } = await this.#try({ isReadOnly: true }, async (limit) => {
      const history = await this.#read(keys, options?.last, withExpiry, limit);
      const { remainingMs, revision } = history;
      const hasExpiry = remainingMs >= 0 && revision !== NO_HISTORY;
      if (withExpiry && hasExpiry && isRefreshDue(ttlMs, remainingMs)) {
        const reply = await this.#client.run(TOUCH, { keys, arguments: [revision, this.#ttlMs] }, limit);
        if (!TOUCHED.includes(String(reply))) throw unknownReply(reply);
      }
      return history;
    });
    return { records: elements.map(toRecord), revision };
  }

  /** One round trip, or two when somebody commits at the same moment. */
  async #read(
    keys: SessionKeys,
    last: number | undefined,
    withExpiry: boolean,
    limit: TimeLimit,
  ): Promise<RawHistory> {
    if (last === undefined) {
      const replies = await this.#client.readWhole?.(keys, withExpiry, limit);
      const whole = replies && toWholeHistory(replies);
      if (whole !== undefined) return whole;
    }
    const start = last === undefined ? '0' : `-${last}`;
    return toRawHistory(await this.#client.run(READ, { keys, arguments: [start] }, limit));
  }

  async commit(sessionId: string, change: HistoryChange): Promise<CommitResult> {
    const { idempotencyKey: id, append, drop = 0, ifRevision = '', operation, lastSeen } = change;
    assertFits(append);
    const now = Date.now();
    const { status, detail } = await this.#change({
      script: COMMIT,
      statuses: COMMITTED,
      keys: sessionKeys(this.#keyPrefix, sessionId),
      id,
      since: sequenceNumberOf(lastSeen) ?? sequenceNumberOf(ifRevision) ?? '0',
      rest: [
        drop === 'all' ? '-1' : `${drop}`,
        this.#ttlMs,
        this.#keepsDeadline,
        ifRevision,
        operation?.id ?? '',
        operation?.fingerprint ?? '',
        `${this.#waitForReplicas ?? ''}`,
        ...append.map((record) => toElement(record, now)),
      ],
      waitForReplicas: this.#waitForReplicas,
    });
    return status === 'committed' || status === 'repeated' ? { status, revision: detail } : { status };
  }

  async clear(sessionId: string): Promise<void> {
    await this.#change({
      script: CLEAR,
      statuses: CLEARED,
      keys: sessionKeys(this.#keyPrefix, sessionId),
      id: randomUUID(),
      since: '0',
      rest: [`${this.#waitForReplicas ?? ''}`],
      waitForReplicas: this.#waitForReplicas,
    });
  }

  async #change<Status extends string>(request: ChangeRequest<Status>): Promise<ChangeReply<Status>> {
    const change = new Change(this.#client, request);
    const reply = await this.#try({ isReadOnly: false }, (limit) => change.attempt(limit));
    if (reply !== undefined) return reply;
    throw new SessionError(
      'STORE_UNAVAILABLE',
      'an earlier try got no answer, and whether it was made is no longer known: others wrote too much since, or the hash ' +
        'of the session was evicted',
    );
  }

  #isTransient = (error: unknown): boolean => {
    const kind = this.#client.kindOf(error);
    return (
      isTransient(error, kind) ||
      SessionError.is(error, 'STORE_UNAVAILABLE') ||
      // A cluster, sentinel or pool closes some of its connections as servers come and go, and opens others.
      (kind === 'closed' && this.#client.isOpen === true)
    );
  };

  async #try<T>(
    call: Pick<RetryOptions, 'isReadOnly'>,
    attempt: (limit: TimeLimit) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs, signal } = this.#options;
    try {
      return await withRetries({ ...call, timeoutMs, signal, isTransient: this.#isTransient }, attempt);
    } catch (error) {
      const { isConnected, isOpen, lastConnectionError } = this.#client;
      // Some kinds of clients fail in ways of their own before they are connected.
      if (isOpen === false && error instanceof TypeError) throw notConnected(error);
      if (!SessionError.is(error, 'TIMEOUT') || isConnected !== false) {
        throw toSessionError(error, this.#client.kindOf(error));
      }
      const cause = lastConnectionError ?? error;
      const message = `no connection to Redis within ${timeoutMs} ms: the client's 'error' events say why; for a sentinel, ask whether its root nodes can be reached`;
      throw new SessionError('STORE_UNAVAILABLE', message, { cause });
    }
  }
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

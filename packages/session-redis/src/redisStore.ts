import { randomUUID } from 'node:crypto';
import {
  isRefreshDue,
  NO_HISTORY,
  LONGEST_TIMEOUT_MS,
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
} from '@agent-sessions/session-core';
import { lastConnectionError } from './connection';
import { Driver } from './driver';
import { isClosed, isTransient, toSessionError } from './errors';
import { assertKeyPrefix, sessionKeys } from './keys';
import { toElement, toRecord } from './records';
import { assertRedisClient, type RedisSessionClient } from './redisClient';
import { assertWaitForReplicas } from './replicas';
import { CLEAR } from './scripts/clear';
import { COMMIT } from './scripts/commit';
import type { Script } from './scripts/script';
import { TOUCH } from './scripts/touch';

export interface RedisStoreOptions extends StoreOptions {
  /** A client of the package `redis`, connected by the caller, who also closes it. */
  readonly client: RedisSessionClient;
  /** Begins every key. Non-empty, well-formed, without `{` and `}`. Default `openai_agents_session`. */
  readonly keyPrefix?: string | undefined;
  /**
   * A write is acknowledged once this many replicas of its master have it. A positive integer; omitted: none. Until then it
   * is asked for within `timeoutMs`, after that the call fails with `STORE_UNAVAILABLE`: it is written all the same.
   */
  readonly waitForReplicas?: number | undefined;
}

/** How long a commit id outlives the last try that its sender can make: in buffers of proxies, kernels, stopped servers. */
const LATE_MS = 600_000;

/** node-redis passes a command's arguments on the stack, which overflows at some 60,000. */
const MOST_RECORDS = 30_000;
/** At most three bytes each: safely below the 512 MB that a server takes at once (`proto-max-bulk-len`). */
const MOST_CHARACTERS = 128 * 1_024 * 1_024;

/**
 * A `SessionStore` in Redis or Valkey: per session, a list of records and a hash of metadata. Each method is atomic and,
 * once the server knows its script, one round trip.
 */
export class RedisStore implements SessionStore {
  readonly #client: RedisSessionClient;
  readonly #driver: Driver;
  readonly #keyPrefix: string;
  readonly #options: ResolvedStoreOptions;
  readonly #ttlMs: string;
  readonly #keepsDeadline: 'keep' | '';
  readonly #rememberMs: string;
  readonly #waitForReplicas: number | undefined;

  /** @throws `INVALID_ARGUMENT` */
  constructor(options: RedisStoreOptions) {
    const { client, keyPrefix = 'openai_agents_session', waitForReplicas } = options;
    assertRedisClient(client);
    assertKeyPrefix(keyPrefix);
    if (waitForReplicas !== undefined) assertWaitForReplicas(waitForReplicas);
    this.#client = client;
    this.#driver = new Driver(client);
    this.#keyPrefix = keyPrefix;
    this.#options = resolveStoreOptions(options);
    const { ttlMs, ttlRefresh } = this.#options;
    this.#ttlMs = `${ttlMs ?? ''}`;
    this.#keepsDeadline = ttlMs !== undefined && ttlRefresh === 'never' ? 'keep' : '';
    this.#rememberMs = `${this.#options.timeoutMs + LATE_MS}`;
    this.#waitForReplicas = waitForReplicas;
  }

  async read(sessionId: string, options?: ReadOptions): Promise<StoredHistory> {
    const keys = sessionKeys(this.#keyPrefix, sessionId);
    const { ttlMs, ttlRefresh } = this.#options;
    const withExpiry = ttlMs !== undefined && ttlRefresh === 'access';
    const { revision, elements } = await this.#try({ isReadOnly: true }, async (limit) => {
      const history = await this.#driver.read(keys, { last: options?.last, withExpiry }, limit);
      const { remainingMs, revision } = history;
      const hasExpiry = remainingMs >= 0 && revision !== NO_HISTORY;
      if (withExpiry && hasExpiry && isRefreshDue(ttlMs, remainingMs)) {
        await this.#driver.run(TOUCH, { keys, arguments: [revision, this.#ttlMs] }, limit);
      }
      return history;
    });
    return { records: elements.map(toRecord), revision };
  }

  async commit(sessionId: string, change: HistoryChange): Promise<CommitResult> {
    const { id, append, drop = 0, ifRevision = '', operation } = change;
    assertFits(append);
    const [status, revision] = await this.#change(COMMIT, sessionId, [
      id,
      drop === 'all' ? '-1' : `${drop}`,
      this.#ttlMs,
      this.#keepsDeadline,
      this.#rememberMs,
      ifRevision,
      operation?.id ?? '',
      operation?.fingerprint ?? '',
      `${this.#waitForReplicas ?? ''}`,
      ...append.map(toElement),
    ]);
    return { status, ...(revision !== undefined && { revision }) } as CommitResult;
  }

  async clear(sessionId: string): Promise<void> {
    const id = randomUUID();
    await this.#change(CLEAR, sessionId, [
      id,
      this.#rememberMs,
      `${LONGEST_TIMEOUT_MS + LATE_MS}`,
      `${this.#waitForReplicas ?? ''}`,
    ]);
  }

  /**
   * Runs a script that changes a session, until it has an answer and as many replicas as are waited for have all that the
   * answer rests on.
   */
  #change(script: Script, sessionId: string, args: (string | Buffer)[]): Promise<string[]> {
    const call = { keys: sessionKeys(this.#keyPrefix, sessionId), arguments: args };
    let answered: Answered | undefined;
    return this.#try({ isReadOnly: false }, async (limit) => {
      answered ??= toAnswered(await this.#driver.run(script, call, limit));
      const { history, answer } = answered;
      const count = this.#waitForReplicas;
      if (count === undefined || history === '') return answer;

      const [before, after] = await this.#driver.askReplicas(call.keys[1], count, limit);
      const isSameMaster = before.history === history && after.history === history;
      if (isSameMaster) {
        // The first of these offsets is behind the change; a later one would run away from a slow replica.
        const upTo = (answered.upTo ??= before.offset);
        if (after.acknowledged.filter((offset) => offset >= upTo).length >= count) return answer;
      } else {
        // Another master may lack the change. The script recognises it, or makes it there.
        answered = undefined;
      }
      throw new SessionError(
        'STORE_UNAVAILABLE',
        `the change was written, but not confirmed by ${count} replicas: a failover may lose it`,
      );
    });
  }

  /** A cluster, sentinel or pool closes some of its connections as servers come and go, and opens others. */
  #isTransient = (error: unknown): boolean =>
    isTransient(error) ||
    SessionError.is(error, 'STORE_UNAVAILABLE') ||
    (isClosed(error) && this.#client.isOpen === true);

  async #try<T>(
    call: Pick<RetryOptions, 'isReadOnly'>,
    attempt: (limit: TimeLimit) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs, signal } = this.#options;
    try {
      return await withRetries({ ...call, timeoutMs, signal, isTransient: this.#isTransient }, attempt);
    } catch (error) {
      if (!SessionError.is(error, 'TIMEOUT') || this.#client.isReady !== false) throw toSessionError(error);
      const cause = lastConnectionError(this.#client) ?? error;
      throw new SessionError('STORE_UNAVAILABLE', `no connection to Redis within ${timeoutMs} ms`, { cause });
    }
  }
}

/** What a script that changes a session replied. */
interface Answered {
  /** The replication history that the answer rests on; empty where it rests on none that is to be confirmed. */
  readonly history: string;
  readonly answer: string[];
  /** Whoever has this history up to here has what the answer rests on. */
  upTo?: number;
}

function toAnswered(reply: unknown): Answered {
  const [history = '', ...answer] = (reply as unknown[]).map(String);
  return { history, answer };
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

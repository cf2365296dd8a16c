import { randomUUID } from 'node:crypto';
import {
  resolveStoreOptions,
  SessionError,
  withRetries,
  type CommitResult,
  type HistoryChange,
  type ResolvedStoreOptions,
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
import { CLEAR } from './scripts/clear';
import { COMMIT } from './scripts/commit';
import type { Script } from './scripts/script';

export interface RedisStoreOptions extends StoreOptions {
  /** A client of the package `redis`, connected by the caller, who also closes it. */
  readonly client: RedisSessionClient;
  /** Begins every key. Non-empty, well-formed, without `{` and `}`. Default `openai_agents_session`. */
  readonly keyPrefix?: string | undefined;
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
  readonly #rememberMs: string;

  /** @throws `INVALID_ARGUMENT` */
  constructor(options: RedisStoreOptions) {
    const { client, keyPrefix = 'openai_agents_session' } = options;
    assertRedisClient(client);
    assertKeyPrefix(keyPrefix);
    this.#client = client;
    this.#driver = new Driver(client);
    this.#keyPrefix = keyPrefix;
    this.#options = resolveStoreOptions(options);
    this.#ttlMs = `${this.#options.ttlMs ?? ''}`;
    this.#rememberMs = `${this.#options.timeoutMs + LATE_MS}`;
  }

  async read(sessionId: string, options?: { readonly last?: number | undefined }): Promise<StoredHistory> {
    const keys = sessionKeys(this.#keyPrefix, sessionId);
    const { revision, elements } = await this.#try((limit) => this.#driver.read(keys, options?.last, limit));
    return { records: elements.map(toRecord), revision };
  }

  async commit(sessionId: string, change: HistoryChange): Promise<CommitResult> {
    const { id, append, drop = 0, ifRevision = '', operation } = change;
    assertFits(append);
    const [status, revision] = (await this.#run(COMMIT, sessionId, [
      id,
      drop === 'all' ? '-1' : `${drop}`,
      this.#ttlMs,
      this.#rememberMs,
      ifRevision,
      operation?.id ?? '',
      operation?.fingerprint ?? '',
      ...append.map(toElement),
    ])) as [Buffer, Buffer | undefined];
    return { status: status.toString(), ...(revision && { revision: revision.toString() }) } as CommitResult;
  }

  async clear(sessionId: string): Promise<void> {
    await this.#run(CLEAR, sessionId, [randomUUID(), this.#rememberMs]);
  }

  #run(script: Script, sessionId: string, args: (string | Buffer)[]): Promise<unknown> {
    const call = { keys: sessionKeys(this.#keyPrefix, sessionId), arguments: args };
    return this.#try((limit) => this.#driver.run(script, call, limit));
  }

  /** A cluster, sentinel or pool closes some of its connections as servers come and go, and opens others. */
  #isTransient = (error: unknown): boolean =>
    isTransient(error) || (isClosed(error) && this.#client.isOpen === true);

  async #try<T>(attempt: (limit: TimeLimit) => Promise<T>): Promise<T> {
    const { timeoutMs, signal } = this.#options;
    try {
      return await withRetries({ timeoutMs, signal, isTransient: this.#isTransient }, attempt);
    } catch (error) {
      if (!SessionError.is(error, 'TIMEOUT') || this.#client.isReady !== false) throw toSessionError(error);
      const cause = lastConnectionError(this.#client) ?? error;
      throw new SessionError('STORE_UNAVAILABLE', `no connection to Redis within ${timeoutMs} ms`, { cause });
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

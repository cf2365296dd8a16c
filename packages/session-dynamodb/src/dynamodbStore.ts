import { randomUUID } from 'node:crypto';
import {
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
} from '@agent-sessions/session-core';
import type { AttributeNames } from './attributeNames';
import { clear } from './clear';
import { Commit, type Landed } from './commit';
import { asUnanswered, toSessionError } from './errors';
import { isTouchDue } from './expiry';
import { readLog } from './log';
import { Partition } from './partition';
import { assertKeyPrefix, partitionKey } from './partitionKey';
import { liveAt, revisionOf, type Row } from './rows';
import { SeenHeads } from './seenHeads';
import { sessionTable, type DynamoDBSessionClient, type SessionTable } from './sessionTable';

export interface DynamoDBStoreOptions extends StoreOptions {
  /** A `DynamoDBClient` or `DynamoDBDocumentClient`, made and closed by the caller. */
  readonly client: DynamoDBSessionClient;
  /** Name or ARN of a table as `createTableIfNotExists` makes it. */
  readonly tableName: string;
  /** What the table's keys and its TTL attribute are called, where not `session_id`, `version` and `ttl`. */
  readonly attributeNames?: AttributeNames | undefined;
  /**
   * Begins the partition key of every session, in front of its id, so that sessions share a table with other data. As it
   * is: end it with a separator, and let none begin with another. Prefix and id together have at most 2,048 bytes.
   * Default none.
   */
  readonly keyPrefix?: string | undefined;
}

/** What DynamoDB takes in one atomic commit by way of this store. */
const MOST_COMMIT_BYTES = 16 * 1_024 * 1_024;

/**
 * A `SessionStore` in a DynamoDB table: per session an append-only log with one row per commit. Appending is one
 * conditional `PutItem` at the next version, reading a consistent `Query`.
 */
export class DynamoDBStore implements SessionStore {
  readonly #table: SessionTable;
  readonly #keyPrefix: string;
  readonly #options: ResolvedStoreOptions;
  readonly #now: () => number;
  readonly #seen = new SeenHeads();

  /**
   * @param now For tests: milliseconds since the epoch.
   * @throws `INVALID_ARGUMENT`
   */
  constructor(options: DynamoDBStoreOptions, now: () => number = Date.now) {
    const { client, tableName, attributeNames, keyPrefix = '' } = options;
    this.#table = sessionTable(client, tableName, attributeNames);
    assertKeyPrefix(keyPrefix);
    this.#keyPrefix = keyPrefix;
    this.#options = resolveStoreOptions(options);
    this.#now = now;
  }

  async read(sessionId: string, options?: ReadOptions): Promise<StoredHistory> {
    const now = this.#now();
    const deadline = this.#deadline();
    const readAndTouch = async (partition: Partition) => {
      const log = await readLog(partition, { now, last: options?.last });
      return { log, touch: await this.#touch(partition, log.head, now) };
    };
    const { log, touch } = await this.#run(sessionId, deadline, readAndTouch, { isReadOnly: true });
    this.#seen.remember(sessionId, touch?.row ?? log.head, now);
    if (touch) await this.#tidy(sessionId, deadline, touch);
    return { records: log.records, revision: revisionOf(liveAt(now, log.head)) };
  }

  async commit(sessionId: string, change: HistoryChange): Promise<CommitResult> {
    assertFits(change);
    const deadline = this.#deadline();
    const start = change.ifRevision ?? change.lastSeen;
    const head = start === undefined ? undefined : this.#seen.recall(sessionId, start, this.#now());
    const commit = new Commit(change, this.#options, this.#now, head);
    const landed = await this.#run(sessionId, deadline, (partition) => commit.attempt(partition));
    if (landed.row) this.#seen.remember(sessionId, landed.row, landed.row.createdAt);
    await this.#tidy(sessionId, deadline, landed);
    return landed.result;
  }

  /**
   * Throws also when the session is cleared but its rows could not all be deleted; no read sees them, and another `clear`
   * deletes them.
   */
  async clear(sessionId: string): Promise<void> {
    const now = this.#now();
    const marker = await this.#run(sessionId, this.#deadline(), (partition) => clear(partition, now));
    this.#seen.remember(sessionId, marker, now);
  }

  /** Extends the session where a read has to. */
  async #touch(partition: Partition, head: Row | undefined, now: number): Promise<Landed | undefined> {
    if (!isTouchDue(liveAt(now, head), this.#now(), this.#options)) return undefined;
    const touch = { id: randomUUID(), append: [], isTouch: true };
    return new Commit(touch, this.#options, this.#now, { row: head, isNewest: true }).attempt(partition);
  }

  /** Within the time of the call. It may fail: the commit is in, and the next one makes up for it. */
  async #tidy(sessionId: string, deadline: number, { tidy }: Landed): Promise<void> {
    if (tidy === undefined || performance.now() >= deadline) return;
    try {
      // Once: where others have moved the log on since, they tidy it themselves.
      const row = await this.#run(sessionId, deadline, (partition) => tidy(partition).catch(asFailure));
      this.#seen.remember(sessionId, row, row.createdAt);
    } catch {
      // Nothing depends on it, and what went wrong may have gone right in part.
    }
  }

  #deadline(): number {
    return performance.now() + this.#options.timeoutMs;
  }

  /** Requests are tried again one by one, the whole only where other writers were faster. */
  async #run<T>(
    sessionId: string,
    deadline: number,
    attempt: (partition: Partition) => Promise<T>,
    call?: Pick<RetryOptions, 'isReadOnly'>,
  ): Promise<T> {
    const { signal } = this.#options;
    const key = partitionKey(this.#keyPrefix, sessionId);
    const timeoutMs = Math.max(1, Math.ceil(deadline - performance.now()));
    let refusal: unknown;
    const isTransient = (error: unknown): boolean => SessionError.is(error, 'CONTENTION');
    const onTransient = (error: unknown): void => {
      refusal = error;
    };
    try {
      return await withRetries({ ...call, timeoutMs, signal, isTransient }, ({ signal }) =>
        attempt(new Partition(this.#table, key, { signal, timeoutMs, deadline, onTransient })),
      );
    } catch (error) {
      const isKnown = refusal !== undefined && SessionError.is(error, 'TIMEOUT');
      throw toSessionError(isKnown ? asUnanswered(refusal) : error, this.#table.name);
    }
  }
}

/** @throws an error that no call is repeated for. */
function asFailure(cause: unknown): never {
  throw new SessionError('STORE_FAILURE', 'what is left of a commit could not be tidied', { cause });
}

/** @throws `COMMIT_TOO_LARGE` */
function assertFits({ append }: HistoryChange): void {
  const bytes = append.reduce((sum, record) => sum + Buffer.byteLength(record), 0);
  if (bytes <= MOST_COMMIT_BYTES) return;
  throw new SessionError(
    'COMMIT_TOO_LARGE',
    `one commit takes at most ${MOST_COMMIT_BYTES} bytes of records; these are ${bytes}`,
  );
}

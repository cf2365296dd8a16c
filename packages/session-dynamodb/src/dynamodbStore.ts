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
import { Commit } from './commit';
import { asUnanswered, toSessionError } from './errors';
import { Partition } from './partition';
import { assertKeyPrefix, partitionKey } from './partitionKey';
import { Read } from './read';
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
  /**
   * With `false`, reads cost half the read units, and may show the session as it was some time ago, usually less than a
   * second: without what was just written, or with what was just cleared. Still each read is a snapshot of a state that it
   * had, and what a change rests on is read consistently. Default true.
   */
  readonly consistentRead?: boolean | undefined;
}

interface Work<T> {
  attempt(partition: Partition): Promise<T>;
  readonly outcome: T | undefined;
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
  readonly #consistentRead: boolean;
  readonly #options: ResolvedStoreOptions;
  readonly #now: () => number;
  readonly #seen = new SeenHeads();

  /**
   * @param now For tests: milliseconds since the epoch.
   * @throws `INVALID_ARGUMENT`
   */
  constructor(options: DynamoDBStoreOptions, now: () => number = Date.now) {
    const { client, tableName, attributeNames, keyPrefix = '', consistentRead = true } = options;
    this.#table = sessionTable(client, tableName, attributeNames);
    assertKeyPrefix(keyPrefix);
    if (typeof consistentRead !== 'boolean') {
      throw new SessionError('INVALID_ARGUMENT', 'consistentRead must be a boolean');
    }
    this.#keyPrefix = keyPrefix;
    this.#consistentRead = consistentRead;
    this.#options = resolveStoreOptions(options);
    this.#now = now;
  }

  async read(sessionId: string, options?: ReadOptions): Promise<StoredHistory> {
    const now = this.#now();
    const consistentRead = this.#consistentRead || options?.forWrite === true;
    const logOptions = { now, last: options?.last, consistentRead };
    const read = new Read(logOptions, this.#options, this.#now);
    const { records, revision, head } = await this.#finish(sessionId, read, { isReadOnly: true });
    this.#seen.remember(sessionId, head, now);
    return { records, revision };
  }

  async commit(sessionId: string, change: HistoryChange): Promise<CommitResult> {
    assertFits(change);
    const start = change.ifRevision ?? change.lastSeen;
    const head = start === undefined ? undefined : this.#seen.recall(sessionId, start, this.#now());
    const commit = new Commit(change, this.#options, this.#now, head);
    const { result, row } = await this.#finish(sessionId, commit);
    if (row) this.#seen.remember(sessionId, row, row.createdAt);
    return result;
  }

  /**
   * Throws also when the session is cleared but its rows could not all be deleted; no read sees them, and another `clear`
   * deletes them.
   */
  async clear(sessionId: string): Promise<void> {
    const now = this.#now();
    const marker = await this.#run(sessionId, (partition) => clear(partition, now));
    this.#seen.remember(sessionId, marker, now);
  }

  /** Fails only before the outcome is known, not in what is done after. */
  async #finish<T>(sessionId: string, work: Work<T>, call?: Pick<RetryOptions, 'isReadOnly'>): Promise<T> {
    try {
      return await this.#run(sessionId, (partition) => work.attempt(partition), call);
    } catch (error) {
      if (work.outcome) return work.outcome;
      throw error;
    }
  }

  /** Requests are tried again one by one, the whole only where other writers were faster. */
  async #run<T>(
    sessionId: string,
    attempt: (partition: Partition) => Promise<T>,
    call?: Pick<RetryOptions, 'isReadOnly'>,
  ): Promise<T> {
    const { timeoutMs, signal } = this.#options;
    const key = partitionKey(this.#keyPrefix, sessionId);
    const deadline = performance.now() + timeoutMs;
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

/** @throws `COMMIT_TOO_LARGE` */
function assertFits({ append }: HistoryChange): void {
  const bytes = append.reduce((sum, record) => sum + Buffer.byteLength(record), 0);
  if (bytes <= MOST_COMMIT_BYTES) return;
  throw new SessionError(
    'COMMIT_TOO_LARGE',
    `one commit takes at most ${MOST_COMMIT_BYTES} bytes of records; these are ${bytes}`,
  );
}

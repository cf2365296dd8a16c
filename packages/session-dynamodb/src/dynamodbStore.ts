import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import {
  CallObserver,
  resolveStoreOptions,
  SessionError,
  withRetries,
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
} from '@agent-sessions/session-core/store';
import { clear } from './log/clear';
import { isExtensionDue } from './keeping/expiry';
import { Commit, type Landed } from './log/commit';
import { describeLog } from './log/describe';
import { readLog } from './log/read';
import { readAfter } from './log/readAfter';
import { liveAt, revisionOf, type Row } from './log/rows';
import { SeenEnds } from './log/seenEnds';
import type { AttributeNames } from './table/attributeNames';
import type { DynamoDBSessionClient } from './table/sessionClient';
import { sessionTable, type SessionTable } from './table/sessionTable';
import { asUnanswered, toSessionError } from './table/errors';
import { assertKeyPrefix, partitionKey } from './table/partitionKey';
import { SessionRows } from './table/sessionRows';

export interface DynamoDBStoreOptions extends StoreOptions {
  /** A `DynamoDBClient`, `DynamoDB`, `DynamoDBDocumentClient` or `DynamoDBDocument`, made and closed by the caller. */
  readonly client: DynamoDBSessionClient;
  /** Name or ARN of a table as `createTableIfNotExists` makes it. */
  readonly tableName: string;
  /** What the table's keys and its TTL attribute are called, where not `session_id`, `row` and `ttl`. */
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

/** What all requests of one call share. */
interface Call {
  readonly sessionId: string;
  /** By `performance.now()`. */
  readonly deadline: number;
  /** Where somebody observes. */
  readonly tally: CallTally | undefined;
  readonly isReadOnly?: boolean;
}

let openAt: typeof openWithClock;

/**
 * A `SessionStore` that can describe sessions, in a DynamoDB table: per session an append-only log with one row per commit. Appending is one
 * conditional `PutItem` at the next version, reading a consistent `Query`.
 */
export class DynamoDBStore implements DescribingStore, ExpiringStore {
  readonly expiry: Expiry;
  readonly #given: DynamoDBStoreOptions;
  readonly #table: SessionTable;
  readonly #keyPrefix: string;
  readonly #options: ResolvedStoreOptions;
  readonly #observer: CallObserver;
  readonly #seen = new SeenEnds();
  #now = Date.now;

  static {
    openAt = (options, now) => {
      const store = new DynamoDBStore(options);
      store.#now = now;
      return store;
    };
  }

  /** @throws `INVALID_ARGUMENT` */
  constructor(options: DynamoDBStoreOptions) {
    const { client, tableName, attributeNames, keyPrefix = '' } = options;
    this.#table = sessionTable(client, tableName, attributeNames);
    assertKeyPrefix(keyPrefix);
    this.#keyPrefix = keyPrefix;
    this.#options = resolveStoreOptions(options);
    const { observe } = this.#options;
    this.#observer = new CallObserver(observe, { system: 'aws.dynamodb', collection: tableName });
    this.#given = { ...options };
    this.expiry = { ttlSeconds: options.ttlSeconds, ttlRefresh: options.ttlRefresh };
  }

  get cacheKey(): CacheKey {
    const { client, name, mapping } = this.#table;
    return { owner: client, name: JSON.stringify([name, mapping.names, this.#keyPrefix]) };
  }

  withExpiry({ ttlSeconds, ttlRefresh }: Expiry): DynamoDBStore {
    return openWithClock({ ...this.#given, ttlSeconds, ttlRefresh }, this.#now);
  }

  read(sessionId: string, options: ReadOptions = {}): Promise<StoredHistory> {
    return this.#observer.read(sessionId, (tally) => this.#read(sessionId, options, tally));
  }

  commit(sessionId: string, change: HistoryChange): Promise<CommitResult> {
    return this.#observer.commit(sessionId, change, (tally) => this.#commit(sessionId, change, tally));
  }

  /**
   * Throws also when the session is cleared but its rows could not all be deleted; no read sees them, and another `clear`
   * deletes them.
   */
  clear(sessionId: string): Promise<void> {
    return this.#observer.clear(sessionId, (tally) => this.#clear(sessionId, tally));
  }

  /**
   * One request, at the read units of the newest row: one per 4 KB of it, rounded up, so one for most, and 100 for a row of 400
   * KB. What is not asked for of a row is not sent, but DynamoDB charges for all of it.
   */
  describe(sessionId: string): Promise<SessionDescription> {
    return this.#observer.describe(sessionId, (tally) => this.#describe(sessionId, tally));
  }

  async #read(sessionId: string, { last, after }: ReadOptions, tally?: CallTally): Promise<StoredHistory> {
    const call = { sessionId, deadline: this.#deadline(), tally };
    const now = this.#now();
    const readAndExtend = async (rows: SessionRows) => {
      const log =
        after === undefined
          ? await readLog(rows, { now, last })
          : await readAfter(rows, { now, after, seen: this.#seen.recallNewest(sessionId, after, now) });
      return { log, extension: await this.#extend(rows, log.newest, now) };
    };
    const { log, extension } = await this.#run({ ...call, isReadOnly: true }, readAndExtend);
    this.#seen.remember(sessionId, extension?.row ?? log.newest, now);
    if (extension) await this.#tidy(call, extension);
    const history = { records: log.records, revision: revisionOf(liveAt(now, log.newest)) };
    return log.after === undefined ? history : { ...history, after: log.after };
  }

  async #describe(sessionId: string, tally?: CallTally): Promise<SessionDescription> {
    const call = { sessionId, deadline: this.#deadline(), tally, isReadOnly: true };
    return this.#run(call, (rows) => describeLog(rows, this.#now()));
  }

  async #commit(sessionId: string, change: HistoryChange, tally?: CallTally): Promise<CommitResult> {
    assertFits(change);
    const call = { sessionId, deadline: this.#deadline(), tally };
    const start = change.ifRevision ?? change.lastSeen;
    const end = start === undefined ? undefined : this.#seen.recall(sessionId, start, this.#now());
    const commit = new Commit(change, this.#options, this.#now, end);
    const landed = await this.#run(call, (rows) => commit.attempt(rows));
    if (landed.row) this.#seen.remember(sessionId, landed.row, landed.row.createdAt);
    await this.#tidy(call, landed);
    return landed.result;
  }

  async #clear(sessionId: string, tally?: CallTally): Promise<void> {
    const now = this.#now();
    const call = { sessionId, deadline: this.#deadline(), tally };
    const tombstone = await this.#run(call, (rows) => clear(rows, now));
    this.#seen.remember(sessionId, tombstone, now);
  }

  /** Extends the session where a read has to. */
  async #extend(rows: SessionRows, newest: Row | undefined, now: number): Promise<Landed | undefined> {
    if (!isExtensionDue(liveAt(now, newest), this.#now(), this.#options)) return undefined;
    const change = { idempotencyKey: randomUUID(), append: [], isExtension: true };
    const end = { row: newest, isNewest: true };
    return new Commit(change, this.#options, this.#now, end).attempt(rows);
  }

  /** Within the time of the call. It may fail: the commit is in, and the next one makes up for it. */
  async #tidy(call: Call, { tidy }: Landed): Promise<void> {
    if (tidy === undefined || performance.now() >= call.deadline) return;
    try {
      // Once: where others have moved the log on since, they tidy it themselves.
      const row = await this.#run(call, (rows) => tidy(rows).catch(asFailure));
      this.#seen.remember(call.sessionId, row, row.createdAt);
    } catch {
      // Nothing depends on it, and what went wrong may have gone right in part.
    }
  }

  #deadline(): number {
    return performance.now() + this.#options.timeoutMs;
  }

  /** Requests are tried again one by one, the whole only where other writers were faster. */
  async #run<T>(
    { sessionId, deadline, tally, isReadOnly }: Call,
    attempt: (rows: SessionRows) => Promise<T>,
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
      return await withRetries({ timeoutMs, signal, isReadOnly, isTransient, tally }, ({ signal }) =>
        attempt(new SessionRows(this.#table, key, { signal, timeoutMs, deadline, onTransient, tally })),
      );
    } catch (error) {
      const isKnown = refusal !== undefined && SessionError.is(error, 'TIMEOUT');
      throw toSessionError(isKnown ? asUnanswered(refusal) : error, this.#table.name);
    }
  }
}

/** For tests, which are users of this file and not of the package: a store by another clock, in milliseconds since the epoch. */
export function openWithClock(options: DynamoDBStoreOptions, now: () => number): DynamoDBStore {
  return openAt(options, now);
}

/** @throws An error that no call is repeated for. */
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

import type { SessionErrorCode } from './errors';
import type { CommitResult } from './sessionStore';

/**
 * Is called by a store around each of its calls, and calls `work` at once, in whatever context the call is to have: what the
 * call sends is sent in there. `work` never rejects: it resolves with how the call ended.
 *
 * It cannot change the call: the caller gets the result as soon as it is there, after what waits for `work`. What an observer
 * throws, or rejects with, is ignored; where it has not called `work` when it returns, the store does; where `work` is called
 * again, it returns the same promise. So two observers are one: `(call, work) => { one(call, work); other(call, work); }`.
 */
export type ObserveCall = (call: StoreCall, work: () => Promise<EndedStoreCall>) => unknown;

/** A call of a store, by what it does and not by what it carries: no content of an item, no digest of one. */
export interface StoreCall {
  readonly verb: 'read' | 'commit' | 'clear' | 'describe';
  /**
   * The database, as `db.system.name` of OpenTelemetry's conventions names it: `redis` (Valkey too), `aws.dynamodb`.
   * https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/
   */
  readonly system: string;
  /** Where sessions are in there: the key prefix in Redis, the name of the table in DynamoDB. */
  readonly collection: string;
  /** The session id, with the scope where there is one; of an index or of pending runs, an id of their own. */
  readonly storedId: string;
}

export interface EndedStoreCall extends StoreCall {
  /** From when `work` was called. */
  readonly durationMs: number;
  /**
   * 1, and one more for each time that the store, or the AWS SDK, has sent something again: because it had no answer, or was
   * refused for the time being, or, on DynamoDB, because another writer was faster. What a client of Redis sends again by itself
   * is not seen.
   */
  readonly tries: number;
  /** How many records were read; of a commit, how many it appends, also where it failed. */
  readonly records: number;
  /** What these records take as they are stored, compressed and encrypted, without what a database adds. */
  readonly bytes: number;
  /** How a commit ended, unless it failed. */
  readonly status?: CommitResult['status'] | undefined;
  /** What DynamoDB says that it has charged for, all tries and the tidying after a commit included; a refusal does not say. */
  readonly readUnits?: number | undefined;
  readonly writeUnits?: number | undefined;
  /** Of the error that the call ended with. A commit with such an end may have been made: see docs/errors.md. */
  readonly errorCode?: SessionErrorCode | undefined;
}

/** What a store counts while one call is under way. */
export class CallTally {
  /** How often something was sent again. */
  retries = 0;
  readUnits: number | undefined;
  writeUnits: number | undefined;
}

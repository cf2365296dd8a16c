import { assertOneOf } from '../arguments/assertOneOf';
import { assertPositiveInteger } from '../arguments/assertPositiveInteger';
import { SessionError } from './errors';
import type { ObserveCall } from './observeCall';

/** Options that every networked store takes, with the same meaning on each. */
export interface StoreOptions {
  /**
   * The session expires this many seconds after its last write; see `ttlRefresh`. From 1 to 946,080,000 (30 years);
   * omitted: never.
   */
  readonly ttlSeconds?: number | undefined;
  /** What extends a session. Default `'write'`. Without `ttlSeconds`, nothing expires. */
  readonly ttlRefresh?: TtlRefresh | undefined;
  /** Milliseconds for one call of the store, retries included. From 1 to 1,800,000 (half an hour); default 15,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends calls under way, and refuses new ones, when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Is called around each call of the store, for metrics and traces: see `ObserveCall`. Default: nobody is told. */
  readonly observe?: ObserveCall | undefined;
}

/**
 * What extends a session, so that it expires `ttlSeconds` from then:
 * - `'write'`: each write.
 * - `'access'`: reads too, once a tenth of `ttlSeconds` has passed since the session was last extended. So a session that
 *   is in use costs about ten more writes in `ttlSeconds`, not one with each read. A read that cannot extend it throws.
 * - `'never'`: nothing. The session expires `ttlSeconds` after the write that begins it, or that finds it without expiry.
 *
 * What changes nothing, such as a write that ends in `CONFLICT`, does not extend the session.
 */
export type TtlRefresh = (typeof TTL_REFRESHES)[number];

export interface ResolvedStoreOptions {
  readonly ttlMs: number | undefined;
  readonly ttlRefresh: TtlRefresh;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly observe: ObserveCall | undefined;
}

const TTL_REFRESHES = ['write', 'access', 'never'] as const;

/** 30 years: less than any point in time of today in seconds since the epoch, which is no duration. */
export const LONGEST_TTL_SECONDS = 946_080_000;
/** So that a store knows for how long a retry can come: until then it remembers commits. */
export const LONGEST_TIMEOUT_MS = 30 * 60_000;

/** @throws `INVALID_ARGUMENT` */
export function resolveStoreOptions(options: StoreOptions): ResolvedStoreOptions {
  const { ttlSeconds, ttlRefresh = 'write', timeoutMs = 15_000, signal, observe } = options;
  if (ttlSeconds !== undefined) {
    const hint = ' (30 years): a duration, not a point in time; omit it for sessions that never expire';
    assertPositiveInteger('ttlSeconds', ttlSeconds, LONGEST_TTL_SECONDS, hint);
  }
  assertOneOf('ttlRefresh', ttlRefresh, TTL_REFRESHES);
  assertPositiveInteger('timeoutMs', timeoutMs, LONGEST_TIMEOUT_MS);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new SessionError('INVALID_ARGUMENT', 'signal must be an AbortSignal');
  }
  if (observe !== undefined && typeof observe !== 'function') {
    throw new SessionError('INVALID_ARGUMENT', 'observe must be a function');
  }
  const ttlMs = ttlSeconds === undefined ? undefined : ttlSeconds * 1_000;
  return { ttlMs, ttlRefresh, timeoutMs, signal, observe };
}

/** Whether a read extends a session that expires in `remainingMs`, with `ttlRefresh: 'access'`. */
export function isRefreshDue(ttlMs: number, remainingMs: number): boolean {
  return remainingMs <= ttlMs - ttlMs / 10;
}

import { isRefreshDue, type ResolvedStoreOptions } from '@agent-sessions/session-core/store';
import { liveAt, type CommitRow, type Row, type Tombstone } from '../log/rows';

/*
 * A session expires `ttlSeconds` after something extended it, and from then on reads as empty. DynamoDB deletes its rows one
 * by one, in any order, some time after the ttl of each. So a row's ttl lies behind the expiry of its session:
 *
 *   the row is put             the session expires           needed until                          the row's ttl
 *   ├──────── ttlSeconds ──────┼────── slack, 15 min ────────┼───────────── margin ─────────────────┼──────────▶ time
 *   │                          │                             │                                      │
 *   │ a later commit may       │ a reader whose clock is     │ a later commit may have extended     │ DynamoDB may
 *   │ extend the session       │ behind still sees it alive  │ the session into here, and has left  │ delete the row
 *   │                          │                             │ this row as it was                   │
 *
 * Three rules keep that right, where the clocks of clients and of DynamoDB differ from each other by less than half of the
 * slack:
 *
 * 1. No row goes while its session lives. Each row tells the smallest ttl of the live log, its `logTtl`. A commit works out
 *    until when the session needs its rows: until the expiry that the commit gives it, and the slack. Where that is later
 *    than `logTtl`, the commit first sees to it that the log stays longer. If the history fits one row, the commit's own row
 *    holds all of it and begins the log anew; the rows before it are not needed any more, and DynamoDB deletes them when
 *    their ttl comes. If it does not fit, the ttl of each row is raised in place, which can stop and go on (renew.ts).
 * 2. No row comes back as the newest one. Were a row to go before one that was put earlier, that one would end the log, and
 *    be the session again if it has not expired. So a row gets no smaller ttl than the row before it; and after a row without
 *    a ttl it gets none either, until the rows before it have a ttl, or are deleted. Then it gets its own. Where a ttl is
 *    raised, it is to one that outlasts the expiry that any row before tells: that may be later than the session's now.
 * 3. A ttl is never taken back. It is set where there is none, and from then on only raised. So a request that arrives late
 *    does no harm: it cannot shorten the time that others have relied on since.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long a tombstone stays, so that whoever saw the session before is stopped: far longer than any writer can be late. */
export const TOMBSTONE_MS = 24 * HOUR_MS;

/** For clocks that differ, twice over: those of two clients, and those of a client and of DynamoDB. */
const CLOCK_SLACK_MS = 15 * MINUTE_MS;

/**
 * The least margin. An hour before a newest row goes, a writer puts a tombstone over it. By then no other writer may be on its
 * way any more that saw the session alive: it would put its row after one that has lost its content.
 */
const SHORTEST_MARGIN_MS = 2 * HOUR_MS;

/** The ttl, in seconds, of rows that had one and must stay: the end of the year 9999. */
const FOREVER = 253_402_300_799;

/** When sessions expire, and what extends them. */
export type ExpiryPolicy = Pick<ResolvedStoreOptions, 'ttlMs' | 'ttlRefresh'>;

/** Of a session with the row that comes next in it, and of that row. */
export interface Lifetime {
  /** Undefined: never. */
  readonly expiresAt: number | undefined;
  /** What the row needs, in seconds; undefined: it must stay. */
  readonly ttl: number | undefined;
}

/** That rows of the live log must be given more time. All in seconds. */
export interface Renewal {
  readonly ttl: number;
  /** Rows that stay until then are left as they are. */
  readonly enough: number;
  /** Whether the commit has to wait for it. Otherwise another one may go on with it. */
  readonly isRequired: boolean;
}

export function lifetime(
  now: number,
  live: CommitRow | undefined,
  { ttlMs, ttlRefresh }: ExpiryPolicy,
): Lifetime {
  if (ttlMs === undefined) return { expiresAt: undefined, ttl: undefined };
  const isFixed = ttlRefresh === 'never';
  const expiresAt = (isFixed ? live?.expiresAt : undefined) ?? now + ttlMs;
  // For as long as the margin is, the session can be extended before its log must be renewed.
  const margin = isFixed ? SHORTEST_MARGIN_MS : Math.max(SHORTEST_MARGIN_MS, ttlMs / 2);
  return { expiresAt, ttl: toSeconds(expiresAt + CLOCK_SLACK_MS + margin) };
}

/** Whether a read has to extend the session. */
export function isExtensionDue(
  live: CommitRow | undefined,
  now: number,
  { ttlMs, ttlRefresh }: ExpiryPolicy,
): boolean {
  if (ttlRefresh !== 'access' || ttlMs === undefined || live?.expiresAt === undefined) return false;
  return isRefreshDue(ttlMs, live.expiresAt - now);
}

/**
 * Whether the live log needs more time before a row of this lifetime may come next: the first rule. Where that is near, each
 * commit renews a part of it, so that a history that takes longer than one call is renewed by the time that it has to be.
 *
 * @param logTtl The smallest ttl of the live log, in seconds; undefined: all its rows stay.
 */
export function renewalFor(logTtl: number | undefined, { expiresAt, ttl }: Lifetime): Renewal | undefined {
  if (logTtl === undefined || logTtl >= FOREVER) return undefined;
  if (expiresAt === undefined || ttl === undefined) {
    return { ttl: FOREVER, enough: FOREVER, isRequired: true };
  }
  const needed = ttlToOutlast(expiresAt);
  const spare = logTtl - needed;
  const margin = ttl - needed;
  if (spare >= margin / 8) return undefined;
  // Less than a whole margin, so that a call leaves alone what an earlier call of the same renewal has raised. Chunks begin
  // with an hour more than their row: that is below this, so they are raised with it.
  return { ttl, enough: needed + Math.ceil((margin * 3) / 4), isRequired: spare < 0 };
}

/** The smallest ttl of a row that must not go before a session that expires at `expiresAt` has. */
export function ttlToOutlast(expiresAt: number): number {
  return toSeconds(expiresAt + CLOCK_SLACK_MS);
}

/** The ttl of a row that is put after `previous` and needs to stay until `ttl`: the second rule. */
export function ttlAfter(previous: Row | undefined, ttl: number | undefined): number | undefined {
  if (isAllGone(previous)) return ttl;
  return ttl === undefined || previous?.ttl === undefined ? undefined : Math.max(ttl, previous.ttl);
}

/** Whether no row with content can be left: a tombstone gets its ttl once the rows before it are gone. */
export function isAllGone(newest: Row | undefined): boolean {
  return newest === undefined || (newest.kind === 'tombstone' && newest.ttl !== undefined);
}

/**
 * The tombstone to put over a newest row that DynamoDB may delete while a writer that has seen it is on its way; undefined
 * where the row stays long enough. Were such a row gone, another writer could begin at version 1, and the row that the first
 * one puts after the one it saw would hide what the other was acknowledged.
 */
export function tombstoneFor(row: Row, now: number): Tombstone | undefined {
  return liveAt(now, row) || !isLeaving(row.ttl, now) ? undefined : tombstoneOver(row, now);
}

/** The tombstone to put in place of a row. It goes by itself. */
export function tombstoneOver(
  { version, idempotencyKey, createdAt }: Pick<Row, 'version' | 'idempotencyKey' | 'createdAt'>,
  now: number,
): Tombstone {
  return { kind: 'tombstone', version, idempotencyKey, createdAt, ttl: tombstoneTtl(now) };
}

/** Whether a row with this ttl may be gone within the hour. That of a live session never is. */
export function isLeaving(ttl: number | undefined, now: number): boolean {
  return ttl !== undefined && ttl * 1_000 < now + HOUR_MS;
}

export function tombstoneTtl(now: number): number {
  return toSeconds(now + TOMBSTONE_MS);
}

function toSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}

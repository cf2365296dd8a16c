import { isRefreshDue, type ResolvedStoreOptions } from '@agent-sessions/session-core';
import { liveAt, type CommitRow, type Marker, type Row } from './rows';

/*
 * A session expires `ttlSeconds` after something extended it. DynamoDB deletes rows one by one, in any order, some time
 * after their `ttl`. So the ttl of each row lies behind the expiry of its session, by a margin:
 *
 *   written ───────────── the session expires ──┬─ slack ─┬───────────── margin ─────────────┬─ the row's ttl
 *                                               │         │                                  │
 *               readers whose clock is behind   ┘         └ a later commit may extend the    └ DynamoDB may delete the row
 *               see it alive a little longer                session this far without
 *                                                           touching this row
 *
 * Three rules keep that right. Clocks may differ, from each other and from DynamoDB's, by less than half of the slack.
 *
 * 1. No row goes while its session lives. Each row tells the smallest ttl of the live log (`minTtl`), and a commit that
 *    would extend the session past it, less the slack, puts the log anew as one row, if it fits one: the old rows go by
 *    themselves. If it does not, it first raises the ttl of the rows, which can stop and go on (renewal.ts).
 * 2. No row comes back as the newest one. A row stays at least until all rows in front of it have expired: it gets no
 *    smaller ttl than the newest row in front of it, and none at all where that one has none, until these are done with.
 * 3. A row's ttl is set once where there is none, and from then on only raised. So requests that arrive late do no harm.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long a marker stays, so that whoever saw the session before is stopped: far longer than any writer can be late. */
export const MARKER_MS = 24 * HOUR_MS;

/** For clocks that differ, twice over: those of two clients, and those of a client and of DynamoDB. */
const CLOCK_SLACK_MS = 15 * MINUTE_MS;

/**
 * How long a row outlasts its session at the least, beside the slack. An hour before it goes, a marker may be put over it: then
 * no writer may be on its way any more that saw the session alive, and would put its row behind one that has lost its content.
 */
const SHORTEST_MARGIN_MS = 2 * HOUR_MS;

/** The ttl, in seconds, of rows that had one and must stay: the end of the year 9999. */
const FOREVER = 253_402_300_799;

/** When sessions expire, and what extends them. */
export type Refresh = Pick<ResolvedStoreOptions, 'ttlMs' | 'ttlRefresh'>;

/** Of the row that comes next in the session. */
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

export function lifetime(now: number, live: CommitRow | undefined, { ttlMs, ttlRefresh }: Refresh): Lifetime {
  if (ttlMs === undefined) return { expiresAt: undefined, ttl: undefined };
  const isFixed = ttlRefresh === 'never';
  const expiresAt = (isFixed ? live?.expiresAt : undefined) ?? now + ttlMs;
  // For as long as the margin is, the session can be extended before its log must be renewed.
  const margin = isFixed ? SHORTEST_MARGIN_MS : Math.max(SHORTEST_MARGIN_MS, ttlMs / 2);
  return { expiresAt, ttl: toSeconds(expiresAt + CLOCK_SLACK_MS + margin) };
}

/** Whether a read has to extend the session. */
export function isTouchDue(
  live: CommitRow | undefined,
  now: number,
  { ttlMs, ttlRefresh }: Refresh,
): boolean {
  if (ttlRefresh !== 'access' || ttlMs === undefined || live?.expiresAt === undefined) return false;
  return isRefreshDue(ttlMs, live.expiresAt - now);
}

/**
 * Whether the live log needs more time before a row of this lifetime may come next. Where that is near, a part of it is
 * renewed with each commit, so that a history that takes longer than one call is renewed by the time that it has to be.
 *
 * @param heldUntil - the smallest ttl of the live log, in seconds; undefined: all its rows stay.
 */
export function renewalFor(heldUntil: number | undefined, { expiresAt, ttl }: Lifetime): Renewal | undefined {
  if (heldUntil === undefined || heldUntil >= FOREVER) return undefined;
  if (expiresAt === undefined || ttl === undefined) {
    return { ttl: FOREVER, enough: FOREVER, isRequired: true };
  }
  const needed = ttlToOutlast(expiresAt);
  const spare = heldUntil - needed;
  const margin = ttl - needed;
  if (spare >= margin / 8) return undefined;
  return { ttl, enough: needed + Math.ceil(margin / 2), isRequired: spare < 0 };
}

/**
 * The marker to put over a newest row that DynamoDB may delete while a writer that has seen it is on its way; undefined where
 * the row stays long enough. Were such a row gone, another writer could begin at version 1, and what is put behind the row
 * would hide what that one was acknowledged.
 */
export function markerFor(row: Row, now: number): Marker | undefined {
  return liveAt(now, row) || !isLeaving(row.ttl, now) ? undefined : markerOver(row, now);
}

/** The marker to put in place of a row, which goes by itself. */
export function markerOver(
  { version, commit, createdAt }: Pick<Row, 'version' | 'commit' | 'createdAt'>,
  now: number,
): Marker {
  return { kind: 'marker', version, commit, createdAt, ttl: markerTtl(now) };
}

/** Whether the row may be gone within the hour. That of a live session never is. */
export function isLeaving(ttl: number | undefined, now: number): boolean {
  return ttl !== undefined && ttl * 1_000 < now + HOUR_MS;
}

export function markerTtl(now: number): number {
  return toSeconds(now + MARKER_MS);
}

/** The smallest ttl of a row that must not go before a session that expires at `expiresAt` has. */
export function ttlToOutlast(expiresAt: number): number {
  return toSeconds(expiresAt + CLOCK_SLACK_MS);
}

/** The ttl of the row that is put behind `head` and needs to stay until `ttl`, by the second rule. */
export function ttlBehind(head: Row | undefined, ttl: number | undefined): number | undefined {
  if (isClean(head)) return ttl;
  return ttl === undefined || head?.ttl === undefined ? undefined : Math.max(ttl, head.ttl);
}

/** Whether nothing with content can be in front of the next row. */
export function isClean(head: Row | undefined): boolean {
  return head === undefined || (head.kind === 'marker' && head.ttl !== undefined);
}

function toSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}

import { isRefreshDue, type ResolvedStoreOptions } from '@agent-sessions/session-core';
import { liveAt, type CommitRow, type Marker, type Row } from './rows';

/*
 * A session expires ttlSeconds after something put that off, and DynamoDB deletes rows one by one, some time after their `ttl`.
 * Rows never change, so each is given more time than the session has. Two rules keep that right:
 *
 * 1. No row vanishes while its session lives: when a commit would put the expiry past the smallest ttl of the live log, it
 *    rewrites the log as one new row.
 * 2. No row comes back: a row goes no sooner than those before it, which would otherwise be the newest again. Where they
 *    have more time than it needs, it is given theirs, until they are cleaned up.
 */

const HOUR_MS = 3_600_000;

/** How long a marker stays, so that whoever saw the session before is stopped: far longer than any writer can be late. */
export const MARKER_MS = 24 * HOUR_MS;

/** What a row's clock may be off, and what a commit takes at most. */
const SLACK_SECONDS = 3_600;

/**
 * How long a row outlasts its session at the least. An hour before it goes, a marker may be put over it: then no writer may
 * be on its way any more that saw the session alive, and would put its row behind one that has lost its content.
 */
const SHORTEST_MARGIN_MS = 2 * HOUR_MS;

/** When sessions expire, and what puts that off. */
export type Refresh = Pick<ResolvedStoreOptions, 'ttlMs' | 'ttlRefresh'>;

export interface Lifetime {
  readonly expiresAt: number | undefined;
  /** What a row needs, in seconds; undefined: it must stay. */
  readonly ttl: number | undefined;
}

/** Of the row that comes next in the session. */
export function lifetime(now: number, live: CommitRow | undefined, { ttlMs, ttlRefresh }: Refresh): Lifetime {
  if (ttlMs === undefined) return { expiresAt: undefined, ttl: undefined };
  const isFixed = ttlRefresh === 'never';
  const expiresAt = (isFixed ? live?.expiresAt : undefined) ?? now + ttlMs;
  // For as long as the margin is, the expiry can be put off before the log must be rewritten.
  const margin = isFixed ? SHORTEST_MARGIN_MS : Math.max(SHORTEST_MARGIN_MS, ttlMs / 2);
  return { expiresAt, ttl: toSeconds(expiresAt + margin) };
}

/** Whether a read has to put the expiry off. */
export function isTouchDue(
  live: CommitRow | undefined,
  now: number,
  { ttlMs, ttlRefresh }: Refresh,
): boolean {
  if (ttlRefresh !== 'access' || ttlMs === undefined || live?.expiresAt === undefined) return false;
  return isRefreshDue(ttlMs, live.expiresAt - now);
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

/** Parts are written before their row, and must not go before it. */
export function partsTtl({ ttl }: Lifetime): number | undefined {
  return ttl === undefined ? undefined : ttl + SLACK_SECONDS;
}

/** Whether something with the ttl `ttl` stays at least until `needed`. */
export function outlasts(ttl: number | undefined, needed: number | undefined): boolean {
  return ttl === undefined || (needed !== undefined && needed <= ttl);
}

/** Whether the next commit must rewrite the log for its rows to live long enough, or to go at all. */
export function mustRewrite(live: CommitRow, { expiresAt = Infinity, ttl }: Lifetime): boolean {
  if (live.minTtl !== undefined && expiresAt > live.minTtl * 1_000) return true;
  if (ttl === undefined || live.ttl !== undefined) return false;
  const isCleaningUp = live.version === live.base && live.expiresAt !== undefined;
  return !isCleaningUp;
}

/** The ttl of a row behind `head` by the second rule. */
export function inheritedTtl(head: Row | undefined, ttl: number | undefined): number | undefined {
  if (isClean(head)) return ttl;
  return ttl === undefined || head?.ttl === undefined ? undefined : Math.max(ttl, head.ttl);
}

/** Whether a row has so much more time than it needs that putting it again is worth it. */
export function exceeds(ttl: number | undefined, needed: number): boolean {
  return ttl === undefined || ttl > needed + SLACK_SECONDS;
}

/** Whether nothing with content can be in front of the next row. */
export function isClean(head: Row | undefined): boolean {
  return head === undefined || (head.kind === 'marker' && head.ttl !== undefined);
}

function toSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}

import {
  isRefreshDue,
  NO_HISTORY,
  type HistoryChange,
  type StoredRecord,
} from '@agent-sessions/session-core/store';
import type { ProcessOptions } from './call';

/** From and to, both inclusive, in milliseconds since the epoch. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** What a session is by the contract of `SessionStore`, without regard to how it is stored. */
export interface State {
  readonly records: readonly StoredRecord[];
  /** Undefined where nobody can see it. */
  readonly revision: string | undefined;
  /** Operation ids with their fingerprints. */
  readonly operations: ReadonlyMap<string, string>;
  /** When the session expires, by the clock of whoever looks; as exactly as is known. */
  readonly expires: Interval;
}

const NEVER: Interval = { from: Infinity, to: Infinity };

export const EMPTY: State = {
  records: [],
  revision: NO_HISTORY,
  operations: new Map(),
  expires: NEVER,
};

/** Whether somebody whose clock shows such a time may see the session alive. */
function mayLive({ expires }: State, clock: Interval): boolean {
  return expires.to > clock.from;
}

/** Whether somebody whose clock shows such a time may see the session expired. */
function mayBeOver({ expires }: State, clock: Interval): boolean {
  return expires.from <= clock.to;
}

/** What somebody whose clock shows such a time may see of the session. */
export function seenAt(state: State, clock: Interval): readonly State[] {
  return [...(mayLive(state, clock) ? [state] : []), ...(mayBeOver(state, clock) ? [EMPTY] : [])];
}

/** The state after the commit; undefined where it may not change this one. `seen` is the state as its writer sees it. */
export function afterCommit(
  seen: State,
  change: HistoryChange,
  options: ProcessOptions,
  clock: Interval,
): State | undefined {
  const { append, drop = 0, ifRevision, operation } = change;
  if (operation && seen.operations.has(operation.id)) return undefined;
  if (ifRevision !== undefined && seen.revision !== undefined && ifRevision !== seen.revision) {
    return undefined;
  }
  const kept = drop === 'all' ? 0 : Math.max(0, seen.records.length - drop);
  return {
    records: [...seen.records.slice(0, kept), ...append],
    revision: undefined,
    operations: operation
      ? new Map(seen.operations).set(operation.id, operation.fingerprint)
      : seen.operations,
    expires: expiryAfterCommit(seen, options, clock),
  };
}

function expiryAfterCommit(
  { expires }: State,
  { ttlSeconds, ttlRefresh }: ProcessOptions,
  clock: Interval,
): Interval {
  if (ttlSeconds === undefined) return NEVER;
  const stays = ttlRefresh === 'never' && expires.to !== Infinity;
  return stays ? expires : later(clock, ttlSeconds * 1_000);
}

/** The state after a read that puts the expiry off; undefined where it does not. */
export function afterTouch(
  seen: State,
  { ttlSeconds, ttlRefresh }: ProcessOptions,
  clock: Interval,
): State | undefined {
  if (ttlRefresh !== 'access' || ttlSeconds === undefined || seen.expires.to === Infinity) return undefined;
  const ttlMs = ttlSeconds * 1_000;
  if (!isRefreshDue(ttlMs, seen.expires.from - clock.to)) return undefined;
  return { ...seen, expires: later(clock, ttlMs) };
}

function later({ from, to }: Interval, ms: number): Interval {
  return { from: from + ms, to: to + ms };
}

export function sameRecords(left: readonly StoredRecord[], right: readonly StoredRecord[]): boolean {
  return left.length === right.length && left.every((record, index) => record === right[index]);
}

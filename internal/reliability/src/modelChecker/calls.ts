import type { HistoryChange } from '@agent-sessions/session-core/store';
import type { Dice } from '../workload/dice';
import type { Process, Verb } from './call';
import type { CallKind } from './plan';

/** More than fits a row, as SMALL_LIMITS (limits.ts) makes rows; and some times as much. */
const LARGE_BYTES = [700, 1_500, 3_000] as const;

/** A change that may be tried again, by anybody. */
export interface PastChange {
  readonly change: HistoryChange;
  readonly at: number;
}

/** Within this time the same commit may be tried again, in milliseconds. */
const RETRIES_MS = 10 * 60_000;

/** What the process does next. */
export function nextVerb(
  dice: Dice,
  kind: CallKind,
  process: Process,
  name: string,
  past: readonly PastChange[],
  now: number,
): Verb {
  const { revision, length } = process;
  const lastSeen = dice.happens(0.7) ? revision : undefined;
  const ifRevision = dice.happens(0.5) ? revision : undefined;
  const append = records(dice, name);
  const commit = (change: Omit<HistoryChange, 'idempotencyKey'>): Verb => ({
    verb: 'commit',
    change: { idempotencyKey: `commit-${name}`, ...change },
  });
  switch (kind) {
    case 'append':
      return commit({ append, ifRevision, lastSeen });
    case 'append large':
      return commit({
        append: [large(append[0] ?? '', dice.pick(LARGE_BYTES)), ...append.slice(1)],
        lastSeen,
      });
    case 'pop':
      return commit({
        append: dice.happens(0.3) ? append : [],
        drop: dice.integer(1, Math.max(1, length)),
        ifRevision,
        lastSeen,
      });
    case 'compact':
      return commit({ append: append.slice(0, 1), drop: 'all', ifRevision, lastSeen });
    case 'drop all':
      return commit({ append: [], drop: 'all', ifRevision, lastSeen });
    case 'transaction':
      return commit({
        append,
        ifRevision,
        lastSeen,
        operation: { id: dice.pick(['op1', 'op2', 'op3']), fingerprint: dice.pick(['f1', 'f1', 'f1', 'f2']) },
      });
    case 'retry': {
      const recent = past.filter(({ at }) => at >= now - RETRIES_MS);
      const [first, ...others] = recent.slice(-3).map(({ change }) => change);
      return first ? { verb: 'commit', change: dice.pick([first, ...others]) } : commit({ append });
    }
    case 'clear':
      return { verb: 'clear' };
    case 'read':
      return { verb: 'read', last: undefined, known: dice.happens(0.7) ? process.known : undefined };
    case 'read last':
      return { verb: 'read', last: dice.integer(1, 4), known: undefined };
  }
}

function records(dice: Dice, name: string): string[] {
  return Array.from({ length: dice.integer(1, 3) }, (_, index) => `${name}.${index + 1}`);
}

/** A label and padding. */
function large(label: string, bytes: number): string {
  return `${label}${'.'.repeat(bytes - label.length)}`;
}

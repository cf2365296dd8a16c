import type { Replacement } from './storeSources';

/** A rule of the protocol, and the store without it. */
export interface Mutant {
  /** What the store does instead. */
  readonly breaks: string;
  readonly changes: readonly Replacement[];
  /** The first seed; default 1. Another one where it shows rarely. */
  readonly from?: number;
  /** It is found within so many schedules from there. */
  readonly within: number;
}

function change(file: string, find: string, replace: string): Replacement {
  return { file: `session-dynamodb/src/${file}.ts`, find, replace };
}

/** Each must be found. What is found here is in the sources exactly once; edit it along with them. */
export const MUTANTS: readonly Mutant[] = [
  {
    breaks: 'puts a row whatever is there',
    changes: [change('partition', `'attribute_not_exists(#version)'`, `'attribute_not_exists(never_there)'`)],
    within: 20,
  },
  {
    breaks: 'does not recognise its own commit id in the row that is there',
    changes: [
      change('commit', '!there || there.commit?.S === this.#change.id', '!there'),
      change('nextRow', 'if (row?.commit === id)', 'if (row === null)'),
    ],
    within: 50,
  },
  {
    breaks: 'commits on a revision that has moved',
    changes: [
      change('nextRow', 'change.ifRevision !== undefined && change.ifRevision !== revision', 'false'),
    ],
    within: 20,
  },
  {
    breaks: 'refuses a commit by a row that need not be the newest',
    changes: [change('commit', `isNewest || next.result.status === 'committed'`, 'true')],
    from: 1_081,
    within: 50,
  },
  {
    breaks: 'puts a marker whatever row is there',
    changes: [
      change(
        'partition',
        `ConditionExpression: '#commit = :commit',`,
        `ConditionExpression: '#commit = :commit OR #commit <> :commit',`,
      ),
    ],
    within: 300,
  },
  {
    breaks: 'puts its row behind one that is about to go',
    changes: [change('commit', 'row && markerFor(row, now)', 'undefined')],
    within: 300,
  },
  {
    breaks: 'clears behind a row that is about to go',
    changes: [
      change('clear', 'if (headCommit !== undefined && leaves)', 'if (leaves && headCommit === null)'),
    ],
    from: 1_201,
    within: 50,
  },
  {
    breaks: 'deletes young rows instead of leaving markers',
    changes: [
      change('cleanUp', '|| createdAt < now - MARKER_MS) return', '|| createdAt <= now + 1e9) return'),
    ],
    within: 200,
  },
  {
    breaks: 'lets a row go before those in front of it',
    changes: [change('nextRow', 'const ttl = ttlBehind(row, life.ttl)', 'const ttl = life.ttl')],
    within: 50,
  },
  {
    breaks: 'gives the marker of a clear its ttl before what is in front of it is gone',
    changes: [
      change(
        'clear',
        'createdAt: now, ttl: undefined } as const',
        'createdAt: now, ttl: markerTtl(now) } as const',
      ),
    ],
    within: 50,
  },
  {
    breaks: 'never renews a log whose rows are about to go',
    changes: [
      change(
        'expiry',
        'if (spare >= margin / 8) return undefined;',
        'if (spare < Infinity) return undefined;',
      ),
    ],
    within: 100,
  },
  {
    breaks: 'renews a log only when its rows may be gone by the clock of DynamoDB',
    changes: [change('expiry', 'const CLOCK_SLACK_MS = 15 * MINUTE_MS;', 'const CLOCK_SLACK_MS = 0;')],
    within: 200,
  },
  {
    breaks: 'gives rows no more time than the session has',
    changes: [change('expiry', 'const SHORTEST_MARGIN_MS = 2 * HOUR_MS;', 'const SHORTEST_MARGIN_MS = 0;')],
    within: 50,
  },
  {
    breaks: 'gives parts less time than their row',
    changes: [change('parts', 'rowTtl + LONGER_SECONDS', 'rowTtl - 3 * LONGER_SECONDS')],
    within: 50,
  },
  {
    breaks: 'shows a session for a minute after its end',
    changes: [change('rows', 'row.expiresAt <= now', 'row.expiresAt + 60_000 <= now')],
    within: 100,
  },
  {
    breaks: 'trusts the end of a log that it saw days ago',
    changes: [change('seenHeads', '5 * 60_000', '5 * 86_400_000')],
    within: 200,
  },
  {
    breaks: 'puts the row first and its parts behind it',
    changes: [
      change(
        'commit',
        'await plan.parts?.write(partition);\n      const there = await partition.putNew(plan.item);',
        'const there = await partition.putNew(plan.item);\n      await plan.parts?.write(partition);',
      ),
    ],
    within: 50,
  },
  {
    breaks: 'does not ask again for what a batch left unprocessed',
    changes: [change('partition', 'Object.values(answer.UnprocessedItems ?? {}).flat()', '[]')],
    within: 100,
  },
  {
    breaks: 'deletes parts that a commit under way has just put',
    changes: [change('cleanUp', 'timeOf(stem) < now - MARKER_MS', 'timeOf(stem) > 0')],
    within: 50,
  },
  {
    breaks: 'reads the first page only',
    changes: [change('partition', 'while (start !== undefined)', 'while (start === null)')],
    within: 20,
  },
  {
    breaks: 'reads without consistency',
    changes: [change('partition', 'ConsistentRead: true', 'ConsistentRead: false')],
    within: 20,
  },
  {
    breaks: 'reads what later rows dropped',
    changes: [change('log', 'Math.max(0, dropped - count) + row.drop', 'Math.max(0, dropped - count)')],
    within: 100,
  },
  {
    breaks: 'forgets operation ids where the log begins anew',
    changes: [change('nextRow', '(restarts && live && operations) || NO_OPERATIONS', 'NO_OPERATIONS')],
    within: 200,
  },
  {
    breaks: 'changes the revision where a read puts the expiry off',
    changes: [change('nextRow', 'keeps: isTouch ? revision : undefined', 'keeps: undefined')],
    within: 100,
  },
  {
    breaks: 'puts the expiry off where ttlRefresh is never',
    changes: [change('expiry', '(isFixed ? live?.expiresAt : undefined) ?? now + ttlMs', 'now + ttlMs')],
    within: 100,
  },
  {
    breaks: 'deletes the marker that it has put',
    changes: [change('clear', 'marker?.version ?? 1, now)', '(marker?.version ?? 1) + 1, now)')],
    within: 50,
  },
  {
    breaks: 'cleans up its own row',
    changes: [change('cleanUp', 'to: version - 1', 'to: version')],
    within: 20,
  },
  {
    breaks: 'clears behind a marker that is about to go',
    changes: [change('clear', 'if (marker && !leaves) return marker;', 'if (marker) return marker;')],
    from: 4_001,
    within: 100,
  },
  {
    breaks: 'deletes parts that rows of the live log name',
    changes: [
      change(
        'commit',
        'row.version === row.base ? undefined : await partsInUse(partition, row)',
        'undefined',
      ),
    ],
    from: 251,
    within: 100,
  },
  {
    breaks: 'lets the newest row go before those in front of it have expired',
    changes: [change('renewal', 'outlasted = Math.max(outlasted, ttlToOutlast(expiresAt))', 'outlasted = 0')],
    from: 301,
    within: 100,
  },
  {
    breaks: 'gives a row that was to stay a ttl, and leaves those in front of it without',
    changes: [
      change(
        'renewal',
        'await Promise.all(rows.filter(({ version }) => version !== live.version).map(hold));',
        '',
      ),
    ],
    within: 500,
  },
  {
    breaks: 'leaves the expiry of rows open that were to stay',
    changes: [change('renewal', 'isEndless ? expiresAt : undefined', 'undefined')],
    within: 500,
  },
  {
    breaks: 'renews a row that is gone',
    changes: [
      change('partition', `'attribute_exists(#content) AND (`, `'NOT attribute_exists(#never) AND (`),
    ],
    within: 500,
  },
  {
    breaks: 'shortens the time of a row',
    changes: [
      change(
        'partition',
        '(attribute_not_exists(#ttl) OR #ttl < :ttl)',
        '(attribute_not_exists(#ttl) OR #ttl <> :ttl)',
      ),
    ],
    from: 1_801,
    within: 100,
  },
  {
    breaks: 'renews a row and not its parts',
    changes: [change('renewal', 'if (row.parts) {', 'if (row.parts && ttl < 0) {')],
    within: 1_000,
  },
  {
    breaks: 'loses the history that it puts anew',
    changes: [change('nextRow', 'folds && records ? records.slice', 'folds && !records ? [].slice')],
    within: 200,
  },
  {
    breaks: 'trusts a renewal of rows that others have put since',
    changes: [change('commit', 'return Math.min(head.heldUntil, ttl ?? Infinity)', 'return head.heldUntil')],
    from: 1_051,
    within: 100,
  },
];

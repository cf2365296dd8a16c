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
    changes: [change('commit', '!there || isOf(this.#change, there)', '!there')],
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
      change('clear', 'headCommit !== undefined && isLeaving(toNumber(head[keys.ttl]), now)', 'false'),
    ],
    from: 1_301,
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
    changes: [change('nextRow', 'ttl: inheritedTtl(row, life.ttl)', 'ttl: life.ttl')],
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
    breaks: 'never rewrites a log whose rows are about to go',
    changes: [change('expiry', 'live.minTtl !== undefined &&', 'false &&')],
    within: 100,
  },
  {
    breaks: 'rewrites a log only when its rows may be gone by the clock of DynamoDB',
    changes: [change('expiry', 'expiresAt + 900_000 >', 'expiresAt >')],
    within: 200,
  },
  {
    breaks: 'gives rows no more time than the session has',
    changes: [change('expiry', 'const SHORTEST_MARGIN_MS = 2 * HOUR_MS;', 'const SHORTEST_MARGIN_MS = 0;')],
    within: 50,
  },
  {
    breaks: 'gives parts less time than their row',
    changes: [change('expiry', 'ttl + SLACK_SECONDS;\n}', 'ttl - 3 * SLACK_SECONDS;\n}')],
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
        'await plan.parts?.write(partition, plan.lifetime);\n      const there = await partition.putNew(plan.item);',
        'const there = await partition.putNew(plan.item);\n      await plan.parts?.write(partition, plan.lifetime);',
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
    breaks: 'reads what it may have seen of parts',
    changes: [change('parts', 'chunks.length === count ?', 'chunks.length > 0 ?')],
    from: 601,
    within: 100,
  },
  {
    breaks: 'reads the first page only',
    changes: [change('partition', 'while (start !== undefined)', 'while (start === null)')],
    within: 20,
  },
  {
    breaks: 'reads without consistency',
    changes: [change('partition', 'ConsistentRead: consistentRead', 'ConsistentRead: false')],
    within: 20,
  },
  {
    breaks: 'reads what later rows dropped',
    changes: [change('log', 'Math.max(0, dropped - count) + row.drop', 'Math.max(0, dropped - count)')],
    within: 100,
  },
  {
    breaks: 'forgets operation ids where the log begins anew',
    changes: [
      change(
        'nextRow',
        'restarts && live && operations ? operations',
        'restarts && live && !operations ? new Map()',
      ),
    ],
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
];

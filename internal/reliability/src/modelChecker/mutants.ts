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
    changes: [
      change('table/sessionRows', `'attribute_not_exists(#row)'`, `'attribute_not_exists(never_there)'`),
    ],
    within: 20,
  },
  {
    breaks: 'does not recognise its own idempotency key in the row that is there',
    changes: [
      change('log/commit', 'there.idempotencyKey === this.#change.idempotencyKey', 'there === null'),
      change('log/nextStep', 'if (row?.idempotencyKey === id)', 'if (row === null)'),
    ],
    within: 50,
  },
  {
    breaks: 'commits on a revision that has moved',
    changes: [
      change('log/nextStep', 'change.ifRevision !== undefined && change.ifRevision !== revision', 'false'),
    ],
    within: 20,
  },
  {
    breaks: 'refuses a commit by a row that need not be the newest',
    changes: [change('log/commit', `isNewest || next.result.status === 'committed'`, 'true')],
    from: 1_081,
    within: 50,
  },
  {
    breaks: 'puts a tombstone whatever row is there',
    changes: [
      change(
        'table/sessionRows',
        `'begins_with(#commit, :start) OR begins_with(#tombstone, :start)'`,
        `'begins_with(#commit, :start) OR begins_with(#tombstone, :start) OR attribute_exists(#commit)'`,
      ),
    ],
    within: 300,
  },
  {
    breaks: 'puts its row after one that is about to go',
    changes: [change('log/commit', 'row && tombstoneFor(row, now)', 'undefined')],
    within: 300,
  },
  {
    breaks: 'clears before a row that is about to go',
    changes: [
      change(
        'log/clear',
        'if (idempotencyKey !== undefined && leaves)',
        'if (leaves && idempotencyKey === null)',
      ),
    ],
    from: 1_201,
    within: 50,
  },
  {
    breaks: 'deletes young rows instead of leaving tombstones',
    changes: [
      change(
        'keeping/cleanUp',
        '|| createdAt < now - TOMBSTONE_MS) return',
        '|| createdAt <= now + 1e9) return',
      ),
    ],
    within: 200,
  },
  {
    breaks: 'lets a row go before those that were put earlier',
    changes: [change('log/nextStep', 'const ttl = ttlAfter(row, life.ttl)', 'const ttl = life.ttl')],
    within: 50,
  },
  {
    breaks: 'gives the tombstone of a clear its ttl before what is before it is gone',
    changes: [
      change(
        'log/clear',
        'createdAt: now,\n    ttl: undefined,',
        'createdAt: now,\n    ttl: tombstoneTtl(now),',
      ),
    ],
    within: 50,
  },
  {
    breaks: 'never renews a log whose rows are about to go',
    changes: [
      change(
        'keeping/expiry',
        'if (spare >= margin / 8) return undefined;',
        'if (spare < Infinity) return undefined;',
      ),
    ],
    within: 100,
  },
  {
    breaks: 'renews a log only when its rows may be gone by the clock of DynamoDB',
    changes: [
      change('keeping/expiry', 'const CLOCK_SLACK_MS = 15 * MINUTE_MS;', 'const CLOCK_SLACK_MS = 0;'),
    ],
    within: 200,
  },
  {
    breaks: 'gives rows no more time than the session has',
    changes: [
      change('keeping/expiry', 'const SHORTEST_MARGIN_MS = 2 * HOUR_MS;', 'const SHORTEST_MARGIN_MS = 0;'),
    ],
    within: 50,
  },
  {
    breaks: 'gives chunks less time than their row',
    changes: [change('log/chunks', 'rowTtl + LONGER_SECONDS', 'rowTtl - 3 * LONGER_SECONDS')],
    within: 50,
  },
  {
    breaks: 'shows a session for a minute after its end',
    changes: [change('log/rows', 'row.expiresAt <= now', 'row.expiresAt + 60_000 <= now')],
    within: 100,
  },
  {
    breaks: 'trusts the end of a log that it saw days ago',
    changes: [change('log/seenEnds', '5 * 60_000', '5 * 86_400_000')],
    within: 200,
  },
  {
    breaks: 'puts the row first and its chunks after it',
    changes: [
      change(
        'log/commit',
        'await plan.chunked?.write(rows);\n      const there = await rows.putNew(plan.row, plan.inline);',
        'const there = await rows.putNew(plan.row, plan.inline);\n      await plan.chunked?.write(rows);',
      ),
    ],
    within: 50,
  },
  {
    breaks: 'does not ask again for what a batch left unprocessed',
    changes: [change('table/sessionRows', 'Object.values(answer.UnprocessedItems ?? {}).flat()', '[]')],
    within: 100,
  },
  {
    breaks: 'deletes chunks that a commit under way has just put',
    changes: [change('keeping/cleanUp', 'timeOf(setName) < now - TOMBSTONE_MS', 'timeOf(setName) > 0')],
    within: 50,
  },
  {
    breaks: 'reads the first page only',
    changes: [change('table/sessionRows', 'while (start !== undefined)', 'while (start === null)')],
    within: 20,
  },
  {
    breaks: 'reads without consistency',
    changes: [change('table/sessionRows', 'ConsistentRead: true', 'ConsistentRead: false')],
    within: 20,
  },
  {
    breaks: 'reads what later rows dropped',
    changes: [change('log/read', 'Math.max(0, dropped - count) + row.drop', 'Math.max(0, dropped - count)')],
    within: 100,
  },
  {
    breaks: 'forgets operation ids where the log begins anew',
    changes: [change('log/nextStep', '(beginsLog && live && operations) || NO_OPERATIONS', 'NO_OPERATIONS')],
    within: 200,
  },
  {
    breaks: 'changes the revision where a read extends the session',
    changes: [
      change(
        'log/nextStep',
        'carriedRevision: isExtension ? revision : undefined',
        'carriedRevision: undefined',
      ),
    ],
    within: 100,
  },
  {
    breaks: 'extends the session where ttlRefresh is never',
    changes: [
      change('keeping/expiry', '(isFixed ? live?.expiresAt : undefined) ?? now + ttlMs', 'now + ttlMs'),
    ],
    within: 100,
  },
  {
    breaks: 'deletes the tombstone that it has put',
    changes: [change('log/clear', 'tombstone?.version ?? 1, now)', '(tombstone?.version ?? 1) + 1, now)')],
    within: 50,
  },
  {
    breaks: 'cleans up its own row',
    changes: [change('table/rowKeys', 'to: logKey(version - 1)', 'to: logKey(version)')],
    within: 20,
  },
  {
    breaks: 'clears before a tombstone that is about to go',
    changes: [
      change('log/clear', 'if (tombstone && !leaves) return tombstone;', 'if (tombstone) return tombstone;'),
    ],
    from: 4_001,
    within: 100,
  },
  {
    breaks: 'deletes chunks that rows of the live log name',
    changes: [
      change(
        'log/commit',
        'row.version === row.base ? undefined : await chunkSetsInUse(rows, row)',
        'undefined',
      ),
    ],
    from: 251,
    within: 100,
  },
  {
    breaks: 'lets the newest row go before those that were put earlier have expired',
    changes: [
      change('keeping/renew', 'outlasted = Math.max(outlasted, ttlToOutlast(expiresAt))', 'outlasted = 0'),
    ],
    from: 301,
    within: 100,
  },
  {
    breaks: 'gives a row that was to stay a ttl, and leaves those before it without',
    changes: [
      change(
        'keeping/renew',
        'await Promise.all(batch.filter(({ version }) => version !== live.version).map(extend));',
        '',
      ),
    ],
    within: 500,
  },
  {
    breaks: 'leaves the expiry of rows open that were to stay',
    changes: [change('keeping/renew', 'isEndless ? expiresAt : undefined', 'undefined')],
    within: 500,
  },
  {
    breaks: 'renews a row that is gone',
    changes: [
      change('table/sessionRows', `'begins_with(#content, :start)'`, `'attribute_not_exists(never_there)'`),
      change('table/sessionRows', `'attribute_exists(#content)'`, `'attribute_not_exists(never_there)'`),
    ],
    from: 2_251,
    within: 50,
  },
  {
    breaks: 'shortens the time of a row',
    changes: [
      change(
        'table/sessionRows',
        '(attribute_not_exists(#ttl) OR #ttl < :ttl)',
        '(attribute_not_exists(#ttl) OR #ttl <> :ttl)',
      ),
    ],
    from: 1_801,
    within: 100,
  },
  {
    breaks: 'renews a row and not its chunks',
    changes: [change('keeping/renew', 'if (row.chunks) {', 'if (row.chunks && ttl < 0) {')],
    within: 1_000,
  },
  {
    breaks: 'loses the history that it puts anew',
    changes: [
      change('log/nextStep', 'rewrites && records ? records.slice', 'rewrites && !records ? [].slice'),
    ],
    within: 200,
  },
  {
    breaks: 'trusts a renewal of rows that others have put since',
    changes: [change('log/commit', 'return Math.min(end.logTtl, ttl ?? Infinity)', 'return end.logTtl')],
    from: 1_051,
    within: 100,
  },
  {
    breaks: 'takes what is new for all that happened, where something known was dropped',
    changes: [
      change('log/read', 'known && dropped === 0 && row.version', 'known && row.version'),
      change('log/read', 'known && dropped === 0 && revisionOf(row)', 'known && revisionOf(row)'),
    ],
    from: 1_601,
    within: 50,
  },
  {
    breaks: 'goes on from what is known with rows of another history',
    changes: [change('log/read', '&& row.follows === known.follows', '')],
    from: 1_951,
    within: 100,
  },
];

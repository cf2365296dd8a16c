import type { Replacement } from './storeSources';

/**
 * What mends the known faults (knownFaults.ts) that the sources still have, so that others are found behind them. To be emptied
 * as the sources are mended: a replacement that no longer fits fails.
 */
export const MENDS: readonly Replacement[] = [
  {
    file: 'session-dynamodb/src/expiry.ts',
    find: 'if (live.minTtl !== undefined && expiresAt > live.minTtl * 1_000)',
    replace: 'if (live.minTtl !== undefined && expiresAt + 900_000 > live.minTtl * 1_000)',
  },
  {
    file: 'session-dynamodb/src/clear.ts',
    find: `if (row?.kind === 'marker') return row;`,
    replace: `if (row?.kind === 'marker' && !isLeaving(row.ttl, now)) return row;`,
  },
];

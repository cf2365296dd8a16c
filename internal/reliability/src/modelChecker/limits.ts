import type { Replacement } from './storeSources';

/**
 * Makes rows small, so that commits of some hundred bytes are written in chunks. Kept up with the sources by hand: a schedule
 * does not run where one of them does not fit.
 */
export const SMALL_LIMITS: readonly Replacement[] = [
  {
    file: 'session-dynamodb/src/log/content.ts',
    find: 'const MOST_INLINE_BYTES = 400 * 1_024 - 1_024;',
    replace: 'const MOST_INLINE_BYTES = 600;',
  },
  {
    file: 'session-dynamodb/src/log/chunks.ts',
    find: 'const CHUNK_BYTES = 400_000;',
    replace: 'const CHUNK_BYTES = 500;',
  },
  {
    file: 'session-dynamodb/src/log/chunks.ts',
    find: 'const PUTS_AT_ONCE = 5;',
    replace: 'const PUTS_AT_ONCE = 2;',
  },
];

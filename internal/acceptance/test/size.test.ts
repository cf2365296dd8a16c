import { join } from 'node:path';
import { bundleOf, bundleSize } from '@agent-sessions/benchmarks/bundleSize';
import { ROOT } from '../src/documents';

/**
 * What an application takes on with each entry point as it is built: all that it exports, with the core, without peers,
 * minified and compressed. The aim is 12.5 KB. The core is above it, with its compaction, rewriting, replays, cache and exact
 * JSON, by pending runs, 2.5 KB, by the index of an owner's sessions and its erasure, 4 KB, by the dictionary of compressed
 * records, 1.4 KB, by what it has to do with encryption, 1 KB, by imports, half a KB, and by observers of calls, half a KB; the rest of those is entry points of
 * their own. The two backends
 * hold it, because applications import it by them, and as much again to survive what networks and servers do; that of Redis has
 * the adapters of two clients, 2 KB. The kit is for tests.
 */
const BUDGETS: readonly (readonly [entry: string, maxBytes: number])[] = [
  ['session-core/dist/index.mjs', 24_600],
  ['session-core/dist/store.mjs', 2_100],
  ['session-core/dist/encryption.mjs', 5_200],
  ['session-core/dist/moving.mjs', 7_600],
  ['session-core/dist/opentelemetry.mjs', 1_500],
  ['session-core/dist/testing.mjs', 45_500],
  ['session-redis/dist/index.mjs', 39_800],
  ['session-dynamodb/dist/index.mjs', 38_600],
];

test.each(BUDGETS)('%s has at most %d bytes', async (entry, maxBytes) => {
  const bytes = await bundleSize(join(ROOT, 'packages', entry));
  process.stdout.write(`${entry}: ${bytes} of ${maxBytes} bytes\n`);
  expect(bytes).toBeLessThanOrEqual(maxBytes);
  // A budget that is far above what it bounds bounds nothing.
  expect(bytes).toBeGreaterThan(maxBytes * 0.7);
});

test.each(
  ['session-core', 'session-redis', 'session-dynamodb'].flatMap((name) => [
    [name, 'encryption', 'createCipheriv'] as const,
    // An optional peer: whoever does not trace does not install it.
    [name, 'opentelemetry', '@opentelemetry/api'] as const,
  ]),
)('of %s, only the entry point %s has %s', async (name, entry, word) => {
  const has = async (file: string): Promise<boolean> =>
    (await bundleOf(join(ROOT, 'packages', name, 'dist', file))).includes(word);
  expect(await has('index.mjs')).toBe(false);
  expect(await has('moving.mjs')).toBe(false);
  expect(await has(`${entry}.mjs`)).toBe(true);
});

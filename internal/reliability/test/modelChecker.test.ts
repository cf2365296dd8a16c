import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeFailure, firstFailure } from '../src/modelChecker/check';
import { SMALL_LIMITS } from '../src/modelChecker/limits';
import { MUTANTS } from '../src/modelChecker/mutants';
import { runSchedule } from '../src/modelChecker/run';
import { loadStore } from '../src/modelChecker/storeSources';

const SCHEDULES = 2_000;
/** In one test, so that no machine is too slow for it. */
const SLICE = 100;

const asItIs = loadStore(SMALL_LIMITS);

const slices = Array.from({ length: SCHEDULES / SLICE }, (_, index) => index * SLICE + 1);

test.each(slices)(`nothing is violated in the ${SLICE} schedules from seed %d on`, async (from) => {
  const failure = await firstFailure({ from, count: SLICE, store: asItIs, reader: asItIs });
  expect(failure && describeFailure(failure)).toBeUndefined();
});

test('a schedule is the same each time', async () => {
  const run = async (seed: number): Promise<string> =>
    (await runSchedule({ seed, store: asItIs, reader: asItIs })).trace.toString();
  for (let seed = 1; seed <= 20; seed++) expect(await run(seed)).toBe(await run(seed));
});

test.each(MUTANTS)('found: a store that $breaks', async ({ changes, from = 1, within }) => {
  const store = loadStore([...SMALL_LIMITS, ...changes]);
  for (let seed = from; seed < from + within; seed++) {
    const { violation } = await runSchedule({ seed, store, reader: asItIs });
    if (violation !== undefined) return;
  }
  throw new Error(`not found in ${within} schedules`);
});

test('what is found is told in few steps, and can be repeated', async () => {
  const [{ changes }] = MUTANTS as [(typeof MUTANTS)[number]];
  const store = loadStore([...SMALL_LIMITS, ...changes]);
  const options = { store, reader: asItIs };
  const failure = await firstFailure({ ...options, from: 1, count: 20 });
  if (failure === undefined) throw new Error('nothing found');
  const { seed, without, outcome } = failure;
  expect(without.size).toBeGreaterThan(0);
  expect((await runSchedule({ ...options, seed, without })).violation).toBe(outcome.violation);
  expect(describeFailure(failure)).toContain(`seed ${seed} without steps`);
  expect(describeFailure(failure)).toContain('PutItem');
});

test('what cannot be replaced is an error', () => {
  const change = { file: 'session-dynamodb/src/log/clear.ts', find: 'is not there', replace: '' };
  expect(() => loadStore([change])).toThrow('0 times');
});

test('the docs list what is found', () => {
  const docs = readFileSync(join(__dirname, '../../../docs/reliability.md'), 'utf8');
  const [, table = ''] = /\| a store that +\|\n\| -+ \|\n((?:\|.*\n)+)/.exec(docs) ?? [];
  const listed = table
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(1, -1).trim());
  expect(listed).toEqual(MUTANTS.map(({ breaks }) => breaks));
});

import { describeFailure, firstFailure } from '../src/modelChecker/check';
import { KNOWN_FAULTS } from '../src/modelChecker/knownFaults';
import { SMALL_LIMITS } from '../src/modelChecker/limits';
import { MENDS } from '../src/modelChecker/mends';
import { MUTANTS } from '../src/modelChecker/mutants';
import { runSchedule } from '../src/modelChecker/run';
import { loadStore } from '../src/modelChecker/storeSources';

const SCHEDULES = 2_000;

const asItIs = loadStore(SMALL_LIMITS);
const mended = loadStore([...SMALL_LIMITS, ...MENDS]);

test(`nothing is violated in ${SCHEDULES} schedules`, async () => {
  const slice = { from: 1, count: SCHEDULES, store: mended, reader: mended, eventualReads: false };
  const failure = await firstFailure(slice);
  expect(failure && describeFailure(failure)).toBeUndefined();
});

test('a schedule is the same each time', async () => {
  const run = async (seed: number): Promise<string> =>
    (await runSchedule({ seed, store: mended, reader: mended, eventualReads: false })).trace.toString();
  for (let seed = 1; seed <= 20; seed++) expect(await run(seed)).toBe(await run(seed));
});

const faults = KNOWN_FAULTS.flatMap((fault) => fault.seeds.map((seed) => ({ ...fault, seed })));

test.each(faults.filter(({ isMended }) => isMended))(
  'mended: $what (seed $seed)',
  async ({ seed, eventualReads }) => {
    const slice = { from: seed, count: 1, store: asItIs, reader: asItIs, eventualReads };
    const failure = await firstFailure(slice);
    expect(failure && describeFailure(failure)).toBeUndefined();
  },
);

// Once it is mended, this fails: turn isMended.
test.each(faults.filter(({ isMended }) => !isMended))(
  'known, not mended yet: $what (seed $seed)',
  async ({ seed, eventualReads }) => {
    const outcome = await runSchedule({ seed, store: asItIs, reader: asItIs, eventualReads });
    expect(outcome.violation).toBeDefined();
  },
);

test.each(MUTANTS)('found: a store that $breaks', async ({ changes, within }) => {
  const store = loadStore([...SMALL_LIMITS, ...MENDS, ...changes]);
  for (let seed = 1; seed <= within; seed++) {
    const { violation } = await runSchedule({ seed, store, reader: mended, eventualReads: false });
    if (violation !== undefined) return;
  }
  throw new Error(`not found in ${within} schedules`);
});

test('what cannot be replaced is an error', () => {
  const change = { file: 'session-dynamodb/src/clear.ts', find: 'is not there', replace: '' };
  expect(() => loadStore([change])).toThrow('0 times');
});

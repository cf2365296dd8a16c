import { Explorer } from '../src/redisModel/explore';
import { MUTANTS } from '../src/redisModel/mutants';
import { Tally } from '../src/workload/tally';

const SEED = 20_260;

let explorer: Explorer;
beforeAll(async () => {
  explorer = await Explorer.open();
});
afterAll(() => explorer.close());

test('200 schedules of losses, evictions and stale replicas find nothing', async () => {
  const figures = new Tally();
  const found = await explorer.explore({ firstSeed: SEED, schedules: 200, figures });
  if (found) throw new Error(`seed ${found.seed}: ${found.what}\n${found.log.join('\n')}`);
  expect(figures.get('schedules')).toBe(200);
  expect(figures.get('retries whose ids were forgotten')).toBeGreaterThan(0);
  expect(figures.get('reads of what is new')).toBeGreaterThan(0);
});

test.each(MUTANTS.map((mutant) => [mutant.breaks, mutant] as const))(
  'it is found when not: %s',
  async (_rule, mutant) => {
    const { firstSeed = SEED } = mutant;
    expect(await explorer.explore({ firstSeed, schedules: 2_000, mutant })).toBeDefined();
  },
);

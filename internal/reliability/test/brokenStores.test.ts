import { play } from '../src/scenarios/stage';
import { Violation } from '../src/scenarios/verdicts';
import { Dice } from '../src/workload/dice';
import { Tally } from '../src/workload/tally';
import { MIXED } from '../src/workload/workload';
import { openWorld } from '../src/worlds/openWorld';
import { BACKENDS, type World } from '../src/worlds/world';
import { BROKEN, retriesWithItsKey } from './brokenStores';
import { memoryWorld, wrappedWorld, type Wrap } from './memoryWorld';

/** Whether what the scenarios do, and how they judge it, finds what is wrong with a store. */
async function verdictOn(world: World, seed: number, calls: number): Promise<unknown> {
  const plan = { sessions: 4, writers: 4, calls, connections: 16, workload: MIXED };
  const context = { dice: new Dice(seed), figures: new Tally() };
  return play(world, plan, context).then(
    () => 'nothing found',
    (error: unknown) => error,
  );
}

const verdictInMemory = (wrap: Wrap): Promise<unknown> => verdictOn(memoryWorld(wrap, 1), 1, 40);

test('nothing is found where nothing is wrong', async () => {
  expect(await verdictInMemory((store) => store)).toBe('nothing found');
  expect(await verdictInMemory(retriesWithItsKey)).toBe('nothing found');
});

test.each(Object.entries(BROKEN))('found: a store that %s', async (_name, wrap) => {
  expect(await verdictInMemory(wrap)).toBeInstanceOf(Violation);
});

describe.each(BACKENDS)('on %s', (backend) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(backend);
  });
  afterAll(() => world.close());

  test('found: a retry with a fresh idempotency key', async () => {
    const wrap = BROKEN['retries with a fresh idempotency key'] as Wrap;
    expect(await verdictOn(wrappedWorld(world, wrap, 1), 1, 12)).toBeInstanceOf(Violation);
  });
});

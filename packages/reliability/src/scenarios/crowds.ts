import { isKnown, type Operation } from '../checker/history';
import { CROWDED, type Workload } from '../workload/workload';
import { openWorld } from '../worlds/openWorld';
import { BACKENDS, type BackendName, type World } from '../worlds/world';
import type { Scenario, Size } from './scenario';
import { play, type Context, type Plan } from './stage';
import { Violation } from './verdicts';

/** Appends for the most part, as agents' turns are, and reads between them. */
const WORKLOAD: Workload = { ...CROWDED, batch: 2 };

/** Many sessions with many writers each, all at once. */
export const manySessions: Scenario = {
  name: '50 sessions of 20 writers',
  backends: BACKENDS,
  run: (backend, size, context) =>
    crowd(
      backend,
      {
        sessions: 50,
        writers: 20,
        calls: size === 'short' ? 2 : context.dice.integer(2, 4),
        connections: 10,
      },
      context,
    ),
};

/** One session that all write to. */
export const hotSession: Scenario = {
  name: 'one hot session of 16 writers',
  backends: BACKENDS,
  run: (backend, size, context) =>
    crowd(backend, { sessions: 1, writers: 16, calls: callsOf(size, context), connections: 16 }, context),
};

function callsOf(size: Size, { dice }: Context): number {
  return size === 'short' ? 15 : dice.integer(15, 50);
}

async function crowd(backend: BackendName, plan: Omit<Plan, 'workload'>, context: Context): Promise<void> {
  const world = await openWorld(backend);
  try {
    const before = await world.requests();
    // A writer that starves, or that others keep from getting through, fails at the time limit.
    const played = await play(world, { ...plan, workload: WORKLOAD, timeoutMs: 60_000 }, context);
    const operations = played.map(({ history }) => history.operations);
    await assertProgress(world, operations, before, plan, context);
  } finally {
    await world.close();
  }
}

async function assertProgress(
  world: World,
  sessions: readonly (readonly Operation[])[],
  requestsBefore: number,
  { writers, calls, sessions: count }: Omit<Plan, 'workload'>,
  { figures }: Context,
): Promise<void> {
  const all = sessions.flat();
  const unfinished = all.filter((operation) => !isKnown(operation)).length;
  if (unfinished > 0) throw new Violation(`${unfinished} calls did not get through`);
  const requests = (await world.requests()) - requestsBefore;
  const made = writers * calls * count;
  // Of writers that all try at once at least one gets through, so a call fails at most once per call of the others.
  const bound = 3 * made * writers;
  if (requests > bound) throw new Violation(`${requests} requests for ${made} calls, more than ${bound}`);
  figures.add('requests', requests);
  figures.add('calls of writers', made);
  figures.raise('most changes of others during one call', Math.max(...sessions.map(mostOvertaken)));
}

/** How many changes of others were called and done while one call waited: what starvation would drive up. */
function mostOvertaken(operations: readonly Operation[]): number {
  const changes = operations.filter(({ verb }) => verb !== 'get');
  const overtaken = changes.map(
    (waiting) => changes.filter(({ from, until }) => from > waiting.from && until < waiting.until).length,
  );
  return Math.max(0, ...overtaken);
}

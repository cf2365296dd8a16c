import { describeOperation } from '../checker/describe';
import { isKnown, type Operation } from '../checker/history';
import { History } from '../workload/history';
import { toItem } from '../workload/items';
import { CROWDED } from '../workload/workload';
import { openWorld } from '../worlds/openWorld';
import { BACKENDS, type BackendName, type World } from '../worlds/world';
import type { Scenario } from './scenario';
import { inWorld, newSessions, play, type Context, type Plan } from './stage';
import { Violation } from './verdicts';

type Crowd = Pick<Plan, 'sessions' | 'writers' | 'calls' | 'connections'>;

/** A writer that starves fails at the time limit. */
const TIMEOUT_MS = 60_000;
/** A change that depends on the history gives up, and changes nothing, when others change that at each of its tries for 30 s. */
const MAY_FAIL = /_MISMATCH$|CONTENTION of (pop|transaction|compact|rewrite)$/;
const HOT: Crowd = { sessions: 1, writers: 16, calls: 20, connections: 16 };
/** So many that it takes a minute or more. */
const STRETCHES: Readonly<Record<BackendName, number>> = { redis: 150, dynamodb: 10 };

/** Many sessions with many writers each, all at once. */
export const manySessions: Scenario = {
  name: '50 sessions of 20 writers',
  backends: BACKENDS,
  async run(backend, size, context) {
    await inWorld(openWorld(backend), context.figures, async (world) => {
      const calls = size === 'short' ? 1 : context.dice.integer(2, 4);
      await crowd(world, { sessions: 50, writers: 20, calls, connections: 10 }, context);
    });
  },
};

/** One session that all write to. It is judged in stretches, because a checker takes no history of any length. */
export const hotSession: Scenario = {
  name: 'one hot session of 16 writers',
  backends: BACKENDS,
  async run(backend, size, context) {
    await inWorld(openWorld(backend), context.figures, async (world) => {
      const sessionId = `session-${context.dice.next()}`;
      const stretches = size === 'short' ? 1 : STRETCHES[backend];
      for (let stretch = 0; stretch < stretches; stretch++) {
        const items = (await world.judge.session({ sessionId }).getItems()).map(toItem);
        await crowd(world, HOT, context, [{ sessionId, history: new History(items) }]);
      }
    });
  },
};

async function crowd(
  world: World,
  plan: Crowd,
  context: Context,
  sessions = newSessions(plan.sessions, context.dice),
): Promise<void> {
  const before = await world.requests();
  const { figures } = context;
  const played = await play(world, { ...plan, workload: CROWDED, timeoutMs: TIMEOUT_MS }, context, sessions);
  const failed = [...figures].filter(([name]) => name.startsWith('error: ') && !MAY_FAIL.test(name));
  if (failed.length > 0) {
    const unfinished = played
      .flatMap(({ history }) => history.operations)
      .filter((operation) => !isKnown(operation));
    throw new Violation(
      [`calls did not get through: ${failed.join('; ')}`, ...unfinished.map(describeOperation)].join('\n'),
    );
  }
  const requests = (await world.requests()) - before;
  const made = plan.sessions * plan.writers * plan.calls;
  // Of writers that all try at once at least one gets through, so a call fails at most once per call of the others.
  const bound = 3 * made * plan.writers;
  if (requests > bound) throw new Violation(`${requests} requests for ${made} calls, more than ${bound}`);
  figures.add('requests', requests);
  figures.add('calls of writers', made);
  const overtaken = played.map(({ history }) => mostOvertaken(history.operations));
  figures.raise('most changes of others during one call', Math.max(...overtaken));
}

/** How many changes of others were called and done while one call waited: what starvation would drive up. */
function mostOvertaken(operations: readonly Operation[]): number {
  const changes = operations.filter(({ verb }) => verb !== 'get');
  const overtaken = changes.map(
    (waiting) => changes.filter(({ from, until }) => from > waiting.from && until < waiting.until).length,
  );
  return Math.max(0, ...overtaken);
}

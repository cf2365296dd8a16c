import { Dice } from '../workload/dice';
import { Gate } from '../workload/gate';
import { History } from '../workload/history';
import { Progress } from '../workload/progress';
import { RecordedSession } from '../workload/recorder';
import { Tally } from '../workload/tally';
import { Actor, type Workload } from '../workload/workload';
import type { Connection, World } from '../worlds/world';
import { judge } from './verdicts';

/** What goes on while a nemesis strikes. */
export interface Scene {
  readonly dice: Dice;
  readonly figures: Tally;
  /** The errors that clients met so far. */
  readonly errors: Tally;
  readonly sessions: readonly Recorded[];
  /** Clients' calls pass through it. */
  readonly gate: Gate;
  /** Whether all clients are done. */
  readonly hasEnded: () => boolean;
}

/** Strikes while sessions are written to, and leaves the engine in good health. */
export type Nemesis = (scene: Scene) => Promise<void>;

export interface Plan {
  readonly sessions: number;
  /** How many clients each session has. */
  readonly writers: number;
  /** How many calls each of them makes. */
  readonly calls: number;
  readonly workload: Workload;
  /** How many clients of the driver share all that. */
  readonly connections: number;
  readonly timeoutMs?: number | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly nemesis?: Nemesis | undefined;
  /** After how many calls, of all writers together, it strikes again. */
  readonly callsBetweenStrikes?: number | undefined;
}

export interface Context {
  readonly dice: Dice;
  readonly figures: Tally;
}

/** What was recorded of one session, or of a stretch of its life. */
export interface Recorded {
  readonly sessionId: string;
  readonly history: History;
}

const CALLS_BETWEEN_STRIKES = 40;

/** Opens a world for as long as `act` takes, and counts what went wrong in it. */
export async function inWorld<W extends World>(
  opening: Promise<W>,
  figures: Tally,
  act: (world: W) => Promise<void>,
): Promise<void> {
  const world = await opening;
  try {
    await act(world);
    await world.countFaults(figures);
  } finally {
    await world.close();
  }
}

export function newSessions(count: number, dice: Dice): Recorded[] {
  return Array.from({ length: count }, (_, index) => ({
    sessionId: `session-${index}-${dice.next()}`,
    history: new History(),
  }));
}

/** Has all writers make their calls while the nemesis strikes, and then each session judged. */
export async function play(
  world: World,
  plan: Plan,
  { dice, figures }: Context,
  sessions: readonly Recorded[] = newSessions(plan.sessions, dice),
): Promise<readonly Recorded[]> {
  const connections = await Promise.all(Array.from({ length: plan.connections }, () => world.connect()));
  try {
    await actAll(world, plan, sessions, connections, { dice, figures });
    for (const { sessionId, history } of sessions) await judge(sessionId, history, world.judge, figures);
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
  }
  return sessions;
}

async function actAll(
  world: World,
  plan: Plan,
  sessions: readonly Recorded[],
  connections: readonly Connection[],
  { dice, figures }: Context,
): Promise<void> {
  const progress = new Progress();
  const errors = new Tally();
  const gate = new Gate();
  const hasEnded = (): boolean => progress.hasEnded;
  const scene = { dice: new Dice(dice.next()), figures, errors, sessions, gate, hasEnded };
  const { timeoutMs, ttlSeconds, workload } = plan;
  let writers = 0;
  const generation = dice.next().toString(36);
  const acting = sessions.flatMap(({ sessionId, history }) =>
    Array.from({ length: plan.writers }, async (_, index) => {
      const connection = connections[writers++ % connections.length] as Connection;
      const session = connection.session({ sessionId, timeoutMs, ttlSeconds });
      const recorded = new RecordedSession(`${generation}w${index}`, session, history, errors);
      const actor = new Actor(recorded, workload, dice.next());
      for (let call = 0; call < plan.calls; call++) {
        await gate.pass(() => actor.act());
        progress.step();
      }
    }),
  );
  const acted = settle(acting).finally(() => progress.end());
  try {
    await settle([acted, strike(progress, plan, scene)]);
  } finally {
    world.proxy.plan = () => undefined;
    figures.addAll(errors, 'error: ');
  }
}

/** Waits for all, and then throws what the first that failed threw. */
async function settle(all: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(all);
  await Promise.all(all);
}

async function strike(progress: Progress, plan: Plan, scene: Scene): Promise<void> {
  const { nemesis, callsBetweenStrikes = CALLS_BETWEEN_STRIKES } = plan;
  if (nemesis === undefined) return;
  for (;;) {
    await progress.after(scene.dice.integer(1, 2 * callsBetweenStrikes));
    if (scene.hasEnded()) return;
    await nemesis(scene);
  }
}

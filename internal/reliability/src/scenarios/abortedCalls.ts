import { faultsAtRandom, type Fault } from '@agent-sessions/engines';
import { Dice } from '../workload/dice';
import { RecordedSession } from '../workload/recorder';
import { Tally } from '../workload/tally';
import { Actor, MIXED } from '../workload/workload';
import { openWorld } from '../worlds/openWorld';
import { BACKENDS, type Connection, type World } from '../worlds/world';
import type { Scenario } from './scenario';
import { inWorld, newSessions, type Context, type Recorded } from './stage';
import { judge } from './verdicts';

const SESSIONS = 3;
const WRITERS = 4;
/** With many reads, which tell what became of calls that were aborted. */
const WORKLOAD = { ...MIXED, weights: { ...MIXED.weights, get: 6, end: 3 }, padding: 450_000 };
/** The share of packets at which some call under way is aborted. */
const ABORTED_SHARE = 0.08;

/** Calls are given up at any moment, by a signal or by their time limit, while the network delays what they send. */
export const abortedCalls: Scenario = {
  name: 'calls aborted and timed out',
  backends: BACKENDS,
  async run(backend, size, context) {
    const { dice, figures } = context;
    await inWorld(openWorld(backend), figures, async (world) => {
      const signals = new Signals(dice.next());
      const delays = faultsAtRandom(dice.next(), { delay: 0.3, maxDelayMs: 15 });
      world.proxy.plan = (request, connection): Fault | undefined => {
        // The server may see what is aborted, or never; and late.
        if (signals.abortOne()) return dice.pick<Fault | undefined>(['cut', undefined, { delayMs: 5 }]);
        return delays(request, connection);
      };
      const sessions = newSessions(SESSIONS, dice);
      const calls = size === 'short' ? 20 : dice.integer(20, 40);
      const errors = new Tally();
      await Promise.all(sessions.map((each) => actAll(world, each, signals, calls, errors, context)));
      world.proxy.plan = () => undefined;
      figures.addAll(errors, 'error: ');
      for (const { sessionId, history } of sessions) await judge(sessionId, history, world.judge, figures);
    });
  },
};

async function actAll(
  world: World,
  recorded: Recorded,
  signals: Signals,
  calls: number,
  errors: Tally,
  { dice }: Context,
): Promise<void> {
  const connection = await world.connect();
  const writers = Array.from({ length: WRITERS }, async (_, index) => {
    const own = new Dice(dice.next());
    const session = impatientSession(connection, recorded, `w${index}`, signals, own, errors);
    const actor = new Actor(session, WORKLOAD, own.next());
    for (let call = 0; call < calls; call++) await actor.act();
  });
  await Promise.all(writers);
  await connection.close();
}

/** A client whose every call has a signal of its own, and a time limit that is sometimes too short. */
function impatientSession(
  connection: Connection,
  { sessionId, history }: Recorded,
  client: string,
  signals: Signals,
  dice: Dice,
  errors: Tally,
): RecordedSession {
  const patient = (): ReturnType<Connection['session']> => {
    const timeoutMs = dice.happens(0.15) ? dice.integer(1, 25) : 10_000;
    return connection.session({ sessionId, timeoutMs, signal: signals.next(`${sessionId} ${client}`) });
  };
  return new RecordedSession(
    client,
    {
      addItems: (items) => patient().addItems(items),
      popItem: () => patient().popItem(),
      getItems: (limit) => patient().getItems(limit),
      clearSession: () => patient().clearSession(),
      applyHistoryTransaction: (args) => patient().applyHistoryTransaction(args),
      applyHistoryMutations: (args) => patient().applyHistoryMutations(args),
      rewriteHistory: (rewrite) => patient().rewriteHistory(rewrite),
    },
    history,
    errors,
  );
}

/** The signals of all calls under way. */
class Signals {
  readonly #controllers = new Map<string, AbortController>();
  readonly #dice: Dice;

  constructor(seed: number) {
    this.#dice = new Dice(seed);
  }

  /** A new one for this client, whose last call is over. */
  next(client: string): AbortSignal {
    const controller = new AbortController();
    this.#controllers.set(client, controller);
    return controller.signal;
  }

  /** Aborts one by chance, or none. */
  abortOne(): boolean {
    const [first, ...others] = this.#controllers.values();
    if (first === undefined || !this.#dice.happens(ABORTED_SHARE)) return false;
    this.#dice.pick([first, ...others]).abort();
    return true;
  }
}

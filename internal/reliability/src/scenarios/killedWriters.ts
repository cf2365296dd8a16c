import type { Fault } from '@agent-sessions/engines';
import type { Orders } from '../processes/messages';
import { startWriter } from '../processes/writerProcess';
import { Dice } from '../workload/dice';
import { RecordedSession } from '../workload/recorder';
import { Tally } from '../workload/tally';
import { Actor, MIXED } from '../workload/workload';
import { DynamoDBWorld } from '../worlds/dynamodbWorld';
import { openWorld } from '../worlds/openWorld';
import { BACKENDS, type World } from '../worlds/world';
import type { Scenario } from './scenario';
import { inWorld, newSessions, type Context, type Recorded } from './stage';
import { judge, Violation } from './verdicts';

const SESSIONS = 3;
const WRITERS = 3;
/** What a writer sends in the time that it is given; a large item takes many. */
const MOST_PACKETS = 120;
const CALLS_OF_SURVIVORS = 8;
/** Larger than a row of DynamoDB takes. */
const WORKLOAD = { ...MIXED, padding: 450_000 };

/** Processes that write are killed, two at a time, each in the midst of what it sends, while others go on. */
export const killedWriters: Scenario = {
  name: 'writers killed',
  backends: BACKENDS,
  async run(backend, size, { dice, figures }) {
    await inWorld(openWorld(backend), figures, async (world) => {
      const sessions = newSessions(SESSIONS, dice);
      const pairs = size === 'short' ? 2 : dice.integer(3, 6);
      const killOne = (name: string): Promise<void> => {
        const orders = {
          backend,
          name,
          sessionIds: sessions.map(({ sessionId }) => sessionId),
          writers: WRITERS,
          calls: 10_000,
          workload: WORKLOAD,
          seed: dice.next(),
        };
        return killAmidst(world, orders, sessions, { dice: new Dice(dice.next()), figures });
      };
      for (let pair = 0; pair < pairs; pair++) {
        await Promise.all([
          killOne(`p${pair}`),
          killOne(`q${pair}`),
          ...sessions.map((session) => survive(world, session, `s${pair}`, dice.next())),
        ]);
        for (const { sessionId } of sessions) await world.judge.session({ sessionId }).getItems();
      }
      for (const { sessionId, history } of sessions) {
        await judge(sessionId, history, world.judge, figures);
        await judgeCleanUp(world, sessionId, figures);
      }
    });
  },
};

async function killAmidst(
  world: World,
  orders: Omit<Orders, 'address'>,
  sessions: readonly Recorded[],
  { dice, figures }: Context,
): Promise<void> {
  const proxy = await world.newProxy();
  const histories = sessions.map(({ history }) => history);
  const writer = startWriter({ ...orders, address: world.address(proxy.port) }, histories);
  let packets = dice.integer(1, MOST_PACKETS);
  const lastWord = lastWordOf(dice);
  proxy.plan = () => {
    if (--packets !== 0) return undefined;
    writer.kill();
    return lastWord;
  };
  if (!(await writer.ended)) throw new Error('a writer ended before it was killed');
  await proxy.stop();
  const underWay = histories
    .flatMap(({ operations }) => operations)
    .filter(({ client, until }) => client.startsWith(`${orders.name}w`) && until === Infinity).length;
  figures.add('processes killed');
  figures.add('calls under way when their process was killed', underWay);
}

/** What becomes of the packet that a process is killed at. */
function lastWordOf(dice: Dice): Fault | undefined {
  return dice.pick<Fault | undefined>([undefined, 'cut', 'cut-request', 'swallow']);
}

/** Another client of the session, whose process lives on. */
async function survive(
  world: World,
  { sessionId, history }: Recorded,
  name: string,
  seed: number,
): Promise<void> {
  const session = new RecordedSession(name, world.judge.session({ sessionId }), history, new Tally());
  const actor = new Actor(session, WORKLOAD, seed);
  for (let call = 0; call < CALLS_OF_SURVIVORS; call++) await actor.act();
}

async function judgeCleanUp(world: World, sessionId: string, figures: Tally): Promise<void> {
  if (world instanceof DynamoDBWorld) figures.add('orphaned chunks found', await world.orphans(sessionId));
  await world.cleanUp(sessionId);
  const rubbish = await world.rubbish(sessionId);
  if (rubbish.length > 0) throw new Violation(`${sessionId} left behind: ${rubbish.join(', ')}`);
  figures.add('sessions cleaned up');
}

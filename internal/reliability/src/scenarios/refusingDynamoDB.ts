import { faultsAtRandom } from '@agent-sessions/engines';
import type { Dice } from '../workload/dice';
import { RecordedSession } from '../workload/recorder';
import { Tally } from '../workload/tally';
import { MIXED } from '../workload/workload';
import { DynamoDBWorld } from '../worlds/dynamodbWorld';
import type { Refusal, RefusalPlan } from '../worlds/refusingProxy';
import type { Scenario, Size } from './scenario';
import { inWorld, newSessions, play, type Context, type Recorded } from './stage';

type Kind = readonly [name: string, status: number];

const REFUSALS: readonly [Kind, ...Kind[]] = [
  ['ProvisionedThroughputExceededException', 400],
  ['ThrottlingException', 400],
  ['RequestLimitExceeded', 400],
  ['TransactionConflictException', 400],
  ['InternalServerError', 500],
  ['ServiceUnavailable', 503],
];

/** More than one row takes, so that some commits are written in chunks. */
const LARGE_ITEM = 450_000;

function refusing(dice: Dice, share: number): RefusalPlan {
  return (operation) => {
    if (operation === 'BatchWriteItem' && dice.happens(0.2)) return 'part of the batch';
    if (!dice.happens(share)) return undefined;
    const [name, status] = dice.pick(REFUSALS);
    // A server that fails may have acted; one that refuses has not.
    const refusal: Refusal = { name, status, acts: status >= 500 && dice.happens(0.5) };
    return refusal;
  };
}

/** Has sessions of several rows cleared, whose rows the server deletes in part at first. */
async function clearInPart(world: DynamoDBWorld, sessions: readonly Recorded[]): Promise<void> {
  world.refusals.plan = () => 'part of the batch';
  const connection = await world.connect();
  for (const { sessionId, history } of sessions) {
    const session = new RecordedSession('first', connection.session({ sessionId }), history, new Tally());
    for (const item of ['a', 'b', 'c', 'd']) await session.add([item]);
    await session.clear();
  }
  await connection.close();
}

async function run(
  share: number,
  timeoutMs: number | undefined,
  size: Size,
  context: Context,
): Promise<void> {
  const { dice } = context;
  await inWorld(DynamoDBWorld.open(), context.figures, async (world) => {
    const sessions = newSessions(4, dice);
    await clearInPart(world, sessions);
    world.refusals.plan = refusing(dice, share);
    if (size === 'long' && dice.happens(0.5)) {
      world.proxy.plan = faultsAtRandom(dice.next(), { cut: 0.01, swallow: 0.02, split: 0.02 });
    }
    const calls = size === 'short' ? 12 : dice.integer(15, 50);
    const workload = { ...MIXED, padding: LARGE_ITEM };
    const plan = { sessions: sessions.length, writers: 3, calls, connections: 4, workload, timeoutMs };
    await play(world, plan, context, sessions);
  });
}

export const refusingDynamoDB: Scenario = {
  name: 'throttled, in conflict, or out of order now and then',
  backends: ['dynamodb'],
  run: (_backend, size, context) => run(0.2, undefined, size, context),
};

export const refusingDynamoDBForLong: Scenario = {
  name: 'throttled beyond the time limit',
  backends: ['dynamodb'],
  run: (_backend, size, context) => run(0.8, 400, size, context),
};

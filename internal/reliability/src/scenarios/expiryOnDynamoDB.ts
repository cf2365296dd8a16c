import { MIXED } from '../workload/workload';
import { DynamoDBWorld } from '../worlds/dynamodbWorld';
import { ExpiryClock } from './expiryClock';
import type { Scenario } from './scenario';
import { inWorld, play, type Nemesis, type Recorded, type Scene } from './stage';

const MINUTE_MS = 60_000;
const TTL_MS = 10 * MINUTE_MS;
/** No call is under way for longer; see `LONGEST_TIMEOUT_MS` in the store. */
const LONGEST_CALL_MS = 30 * MINUTE_MS;
const LONGEST_PAUSE_MS = 180 * MINUTE_MS;

/**
 * The clock jumps while sessions are written to: by little, so that they live on for many times their time to live, or past
 * their end, with calls under way. The server deletes rows whose time is up, some of them, in any order, at any moment.
 */
export const expiryOnDynamoDB: Scenario = {
  name: 'expiry, and rows deleted in part',
  backends: ['dynamodb'],
  async run(_backend, size, context) {
    const { dice } = context;
    const time = new ExpiryClock(TTL_MS);
    await inWorld(DynamoDBWorld.open({ now: time.now }), context.figures, async (world) => {
      await play(
        world,
        {
          sessions: 3,
          writers: 3,
          calls: size === 'short' ? 25 : dice.integer(40, 100),
          connections: 3,
          workload: { ...MIXED, padding: 450_000 },
          ttlSeconds: TTL_MS / 1_000,
          nemesis: jumping(world, time),
          callsBetweenStrikes: 4,
        },
        context,
      );
    });
  },
};

function jumping(world: DynamoDBWorld, time: ExpiryClock): Nemesis {
  /** Calls that were under way at the last jump: one that saw two might be older than a call can be. */
  let earlier: readonly string[] = [];
  return async (scene) => {
    if (scene.dice.happens(0.5)) {
      await scene.gate.whileQuiet(() => {
        jump(time, scene, lengthOf(scene, LONGEST_PAUSE_MS));
        return Promise.resolve();
      });
    } else if (!underWay(scene).some((call) => earlier.includes(call))) {
      earlier = underWay(scene);
      jump(time, scene, lengthOf(scene, LONGEST_CALL_MS - MINUTE_MS));
    }
    await reap(world, time, scene);
  };
}

/** Two jumps of three are within the life of a session that was just written to. */
function lengthOf({ dice }: Scene, longest: number): number {
  return dice.integer(1, dice.happens(2 / 3) ? TTL_MS - 1 : longest);
}

/** Unless nobody could tell afterwards whether a session was to expire. */
function jump(time: ExpiryClock, { sessions, figures }: Scene, ms: number): void {
  const fates = sessions.map(({ history }) => time.fateOf(history.operations, ms));
  if (fates.includes('nobody can tell')) return;
  const when = time.jump(ms);
  figures.add('jumps of the clock');
  for (const [index, { history }] of sessions.entries()) {
    if (fates[index] !== 'expires') continue;
    const expiry = { verb: 'clear', client: 'clock', ...when } as const;
    history.returned(`expiry ${when.from}`, expiry);
    figures.add('sessions that expired');
  }
}

/** As DynamoDB does it: row by row, in no order, and not all at once. */
async function reap(
  world: DynamoDBWorld,
  time: ExpiryClock,
  { sessions, dice, figures }: Scene,
): Promise<void> {
  for (const { sessionId } of sessions) {
    const due = (await world.rows(sessionId)).filter(
      ({ ttl }) => Number(ttl?.N ?? Infinity) <= time.now() / 1_000,
    );
    for (const row of due) {
      if (dice.happens(0.4)) continue;
      await world.delete(row);
      figures.add('rows that the server deleted');
    }
  }
}

function underWay({ sessions }: Scene): string[] {
  return sessions.flatMap(({ history }: Recorded) =>
    history.operations
      .filter(({ until }) => until === Infinity)
      .map(({ client, from }) => `${client} ${from}`),
  );
}

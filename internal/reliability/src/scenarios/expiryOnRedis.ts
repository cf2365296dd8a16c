import { clock } from '../workload/recorder';
import { MIXED } from '../workload/workload';
import { RedisWorld } from '../worlds/redisWorld';
import type { Scenario } from './scenario';
import { inWorld, play, type Nemesis } from './stage';

/** Moves the deadline that a write has set, for both keys at once, as the write itself does. */
const EXPIRE_AT = `
  local time = redis.call('TIME')
  local at = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
  return redis.call('PEXPIREAT', KEYS[1], at) + redis.call('PEXPIREAT', KEYS[2], at)
`;

/** Sessions expire while they are written to: at once, or in a few milliseconds unless a write comes first. */
export const expiryOnRedis: Scenario = {
  name: 'expiry',
  backends: ['redis'],
  async run(_backend, size, context) {
    await inWorld(RedisWorld.open(), context.figures, async (world) => {
      await play(
        world,
        {
          sessions: 4,
          writers: 4,
          calls: size === 'short' ? 40 : context.dice.integer(40, 120),
          connections: 4,
          workload: MIXED,
          ttlSeconds: 3_600,
          nemesis: expiring(world),
          callsBetweenStrikes: 10,
        },
        context,
      );
    });
  },
};

function expiring(world: RedisWorld): Nemesis {
  return async ({ sessions, dice, figures }) => {
    const [first, ...others] = sessions;
    if (first === undefined) return;
    const { sessionId, history } = dice.pick([first, ...others]);
    const soon = dice.happens(0.3) ? dice.integer(1, 4) : 0;
    const from = clock();
    const { items, meta } = world.keysOf(sessionId);
    await world.command('EVAL', EXPIRE_AT, '2', items, meta, `${soon}`);
    // A deadline to come counts only if no write moves it before.
    const until = soon > 0 ? Infinity : clock();
    history.returned(`expiry ${from}`, { verb: 'clear', client: 'clock', from, until });
    figures.add(soon > 0 ? 'deadlines moved close' : 'sessions that expired');
  };
}

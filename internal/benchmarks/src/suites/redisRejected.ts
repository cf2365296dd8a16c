import { clientSideCache, REDIS_CONTESTANTS } from '../contestants/redis';
import { REDIS_LIMIT } from '../contestants/redis/server';
import { AWAKE } from '../measure/conditions';
import { timesTable } from '../report/turnTables';
import { measureTurns } from './measureTurns';
import { openRedis } from './redisArena';
import type { Suite } from './suite';

/** Client-side caching by RESP3 tracking, beside the cache that sessions have instead. */
export const redisRejected: Suite = {
  name: 'redis tracking',
  run: async ({ scale, progress }) => {
    const [items, rounds] = [...scale.redisRounds].at(-1) ?? [0, 0];
    const beside = REDIS_CONTESTANTS.filter(
      ({ kind, limit }) => limit === REDIS_LIMIT && (kind === 'limit' || kind === 'ours'),
    );
    const arena = await openRedis([...beside, clientSideCache], AWAKE);
    try {
      progress.step(`Redis, client-side caching at ${items} items`);
      const all = await measureTurns(arena, items, rounds, (round) => progress.at(round, rounds));
      const measured = new Map([[items, all]]);
      return {
        title: 'Redis: client-side caching by tracking, which was rejected',
        text:
          'With RESP3 a server can tell its clients which of the keys that they have read were changed ' +
          '([documentation](https://redis.io/docs/latest/develop/reference/client-side-caching/)), and `redis` has a cache ' +
          'on that, `clientSideCache`. But a conversation is appended to at every turn, an append changes its key, and then ' +
          'the whole history is fetched and parsed again, with a `structuredClone` of the reply besides. The messages are ' +
          'lost with the connection, so the cache is emptied when it breaks; it belongs to one client or pool; and until a ' +
          'message arrives, a read by another process returns what was. A cache that is validated at every read has none ' +
          'of that.',
        tables: [
          timesTable('A turn, awake', measured, 'turn'),
          timesTable('Of that, the read', measured, 'read'),
        ],
      };
    } finally {
      await arena.close();
    }
  },
};

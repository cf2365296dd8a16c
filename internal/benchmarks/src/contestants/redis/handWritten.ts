import { createClient } from 'redis';
import { toText } from '../json';
import { listConversation } from './list';
import { REDIS_LIMIT, TTL_SECONDS, type RedisContestant } from './server';

export const handWritten: RedisContestant = {
  name: 'hand-written list',
  kind: 'hand-written',
  does: 'RPUSH, then EXPIRE, each awaited; LRANGE and JSON.parse',
  limit: REDIS_LIMIT,
  connect: async ({ url }) => {
    const client = await createClient({ url }).connect();
    return {
      open: (id) => {
        const key = `hand-written:${id}`;
        return listConversation(client, key, async (items) => {
          await client.rPush(key, items.map(toText));
          await client.expire(key, TTL_SECONDS);
        });
      },
      close: () => client.close(),
    };
  },
};

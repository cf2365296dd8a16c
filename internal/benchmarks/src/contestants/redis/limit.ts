import { createClient } from 'redis';
import { toText } from '../json';
import { listConversation } from './list';
import { REDIS_LIMIT, TTL_SECONDS, type RedisContestant } from './server';

/** The least that the driver can do: it neither knows a retry from a new append, nor checks what it reads. */
export const limit: RedisContestant = {
  name: REDIS_LIMIT,
  kind: 'limit',
  does: 'RPUSH and EXPIRE in one pipeline; LRANGE and JSON.parse',
  limit: REDIS_LIMIT,
  connect: async ({ url }) => {
    const client = await createClient({ url }).connect();
    return {
      open: (id) => {
        const key = `limit:${id}`;
        return listConversation(client, key, (items) =>
          Promise.all([client.rPush(key, items.map(toText)), client.expire(key, TTL_SECONDS)]),
        );
      },
      close: () => client.close(),
    };
  },
};

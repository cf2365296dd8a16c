import { BasicClientSideCache, createClient } from 'redis';
import { toText } from '../json';
import { listConversation } from './list';
import { REDIS_LIMIT, TTL_SECONDS, type RedisContestant } from './server';

/** The alternative to a cache that is validated at every read: docs/benchmarks.md says why it was rejected. */
export const clientSideCache: RedisContestant = {
  name: 'RESP3 tracking',
  kind: 'rejected',
  does: 'the limit, with client-side caching: the server tells which keys have changed',
  limit: REDIS_LIMIT,
  connect: async ({ url }) => {
    const cache = new BasicClientSideCache({ maxEntries: 1_000 });
    const client = await createClient({ url, RESP: 3, clientSideCache: cache }).connect();
    return {
      open: (id) => {
        const key = `tracking:${id}`;
        return listConversation(client, key, (items) =>
          Promise.all([client.rPush(key, items.map(toText)), client.expire(key, TTL_SECONDS)]),
        );
      },
      close: () => client.close(),
    };
  },
};

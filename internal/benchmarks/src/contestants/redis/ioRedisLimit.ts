import { Redis } from 'ioredis';
import { fromText, toText } from '../json';
import { IOREDIS_LIMIT, TTL_SECONDS, type RedisContestant } from './server';

export const ioRedisLimit: RedisContestant = {
  name: IOREDIS_LIMIT,
  kind: 'limit',
  does: 'the same by ioredis',
  limit: IOREDIS_LIMIT,
  connect: ({ url }) => {
    const client = new Redis(url);
    return {
      open: (id) => {
        const key = `limit-ioredis:${id}`;
        const read = async (start: number) => (await client.lrange(key, start, -1)).map(fromText);
        return {
          append: async (items) => {
            await client
              .pipeline()
              .rpush(key, ...items.map(toText))
              .expire(key, TTL_SECONDS)
              .exec();
          },
          readAll: () => read(0),
          readLast: (count) => read(-count),
        };
      },
      close: () => client.quit(),
    };
  },
};

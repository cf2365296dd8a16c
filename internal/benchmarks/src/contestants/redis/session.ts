import { RedisSession } from '@agent-sessions/session-redis';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { CODECS } from '../codecs';
import { sessionConversation } from '../sessionConversation';
import { IOREDIS_LIMIT, REDIS_LIMIT, TTL_SECONDS, type RedisContestant } from './server';

/** One for each way to store records. */
export const REDIS_CODECS: readonly RedisContestant[] = Object.entries(CODECS).map(([suffix, codec]) => ({
  name: `RedisSession${suffix}`,
  kind: 'ours',
  does: `addItems, getItems${suffix}`,
  limit: REDIS_LIMIT,
  connect: async ({ url }) => {
    const client = await createClient({ url }).connect();
    return {
      open: (sessionId) =>
        sessionConversation(new RedisSession({ client, sessionId, ttlSeconds: TTL_SECONDS, ...codec })),
      close: () => client.close(),
    };
  },
}));

export const [session] = REDIS_CODECS as [RedisContestant];

export const ioRedisSession: RedisContestant = {
  name: 'RedisSession (ioredis)',
  kind: 'ours',
  does: 'the same by ioredis',
  limit: IOREDIS_LIMIT,
  connect: ({ url }) => {
    const client = new Redis(url);
    return {
      open: (id) =>
        sessionConversation(
          new RedisSession({ client, sessionId: id, keyPrefix: 'ioredis', ttlSeconds: TTL_SECONDS }),
        ),
      close: () => client.quit(),
    };
  },
};

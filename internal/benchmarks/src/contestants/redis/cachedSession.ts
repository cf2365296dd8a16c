import { HistoryCache, RedisSession } from '@agent-sessions/session-redis';
import { createClient } from 'redis';
import { CACHE_BYTES } from '../cacheBytes';
import { sessionPerTurn } from '../sessionConversation';
import { REDIS_LIMIT, TTL_SECONDS, type RedisContestant } from './server';

export const cachedSession: RedisContestant = {
  name: 'RedisSession with cache',
  kind: 'ours',
  does: 'the same with a HistoryCache, and a new session object for each turn',
  limit: REDIS_LIMIT,
  remembers: true,
  connect: async ({ url }) => {
    const client = await createClient({ url }).connect();
    const cache = new HistoryCache({ maxBytes: CACHE_BYTES });
    return {
      open: (id) => {
        const options = { client, sessionId: `cached-${id}`, ttlSeconds: TTL_SECONDS, cache };
        return sessionPerTurn(() => new RedisSession(options));
      },
      close: () => client.close(),
    };
  },
};

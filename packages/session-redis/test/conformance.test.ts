import { conformanceCases } from '@agent-sessions/session-core/testing';
import { TestRedis } from './support/redis';

const redis = new TestRedis();

const cases = conformanceCases({
  createStore: (options) => redis.store(options),
  contains: async (sessionId, text) => {
    const { items, meta } = redis.keys(sessionId);
    const stored = [await redis.client.lRange(items, 0, -1), await redis.client.hGetAll(meta)];
    return JSON.stringify(stored).includes(text);
  },
  elapse: async (sessionId, ms) => {
    for (const key of Object.values(redis.keys(sessionId))) {
      const left = await redis.client.pTTL(key);
      if (left >= 0) await redis.client.pExpire(key, Math.max(left - ms, 0));
    }
  },
});

beforeAll(redis.connect);
afterAll(redis.close);

describe('RedisStore', () => {
  for (const { name, run } of cases) test(name, run, 60_000);
});

import { RedisSession } from '../src';
import { commitId, TestRedis } from './support/redis';

const redis = new TestRedis();
beforeAll(redis.connect);
afterAll(redis.close);

test('a fork expires by itself, after the time that its source was given', async () => {
  const { client, keyPrefix } = redis;
  const source = new RedisSession({ client, keyPrefix, sessionId: 'source', ttlSeconds: 1_000 });
  await source.addItems([{ role: 'user', content: 'a' }]);
  for (const key of Object.values(redis.keys('source'))) await client.pExpire(key, 500_000);
  await source.fork({ sessionId: 'fork' });
  for (const key of Object.values(redis.keys('fork'))) {
    expect(await client.pTTL(key)).toBeGreaterThan(900_000);
  }
});

test('more items than one write takes: COMMIT_TOO_LARGE, and no fork', async () => {
  const store = redis.store();
  const append = Array.from({ length: 20_000 }, (_, index) => `{"role":"user","content":"${index}"}`);
  for (let times = 0; times < 2; times++) {
    await store.commit('long', { idempotencyKey: commitId(), append });
  }
  const source = new RedisSession({ client: redis.client, keyPrefix: redis.keyPrefix, sessionId: 'long' });
  await expect(source.fork({ sessionId: 'longer' })).rejects.toMatchObject({ code: 'COMMIT_TOO_LARGE' });
  expect(await redis.client.exists(Object.values(redis.keys('longer')))).toBe(0);
  const fork = await source.fork({ sessionId: 'longer', upTo: 30_000 });
  expect(await fork.describe()).toMatchObject({ items: 30_000 });
});

import type { AgentInputItem } from '@openai/agents';
import { startFaultProxy, type FaultProxy } from '@agent-sessions/engines';
import { createClient } from 'redis';
import { RedisSession } from '../src';
import { commitId, TestRedis } from './support/redis';

const redis = new TestRedis();
let proxy: FaultProxy;

beforeAll(async () => {
  await redis.connect();
  const { hostname, port } = new URL(process.env.REDIS_URL ?? '');
  proxy = await startFaultProxy({ host: hostname, port: Number(port) });
});
afterAll(async () => {
  await proxy.stop();
  await redis.close();
});

const messages = (...contents: string[]): AgentInputItem[] =>
  contents.map((content) => ({ role: 'user', content }));

test('a fork is two round trips, with the source’s time to live', async () => {
  const client = await createClient({ url: `redis://127.0.0.1:${proxy.port}` }).connect();
  const { keyPrefix } = redis;
  const source = new RedisSession({ client, keyPrefix, sessionId: 'source', ttlSeconds: 1_000 });
  await source.addItems(messages('a', 'b', 'c'));
  const before = proxy.counts.get('pass') ?? 0;
  const fork = await source.fork({ sessionId: 'fork', upTo: 2 });
  expect((proxy.counts.get('pass') ?? 0) - before).toBe(2);
  expect(await fork.getItems()).toEqual(messages('a', 'b'));
  for (const key of Object.values(redis.keys('fork'))) {
    expect(await redis.client.pTTL(key)).toBeGreaterThan(900_000);
  }
  await client.close();
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

import { RedisSession } from '../src';
import { TestRedis } from './support/redis';

const redis = new TestRedis();
beforeAll(redis.connect);
afterAll(redis.close);

test('more items than one write takes are imported by several, and once', async () => {
  const { client, keyPrefix } = redis;
  const items = Array.from({ length: 30_001 }, (_, index) => ({
    role: 'user' as const,
    content: `${index}`,
  }));
  const open = () => new RedisSession({ client, keyPrefix, sessionId: 'long' });
  await open().importItems(items);
  await open().importItems(items);
  const read = await open().getItems();
  expect(JSON.stringify(read)).toBe(JSON.stringify(items));
});

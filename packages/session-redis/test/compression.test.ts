import { StoredSession } from '@agent-sessions/session-core';
import { TestRedis } from './support/redis';

/* The kit's cases on sessions that compress, and encrypt: encryptedSessions.test.ts. */

const redis = new TestRedis();

beforeAll(redis.connect);
afterAll(redis.close);

test('a compressed item is one element of bytes', async () => {
  const session = new StoredSession(redis.store(), { sessionId: 'compressed', compression: true });
  await session.addItems([{ role: 'user', content: 'again and again and '.repeat(50) }]);
  const { records } = await redis.store().read('compressed');
  expect(records).toEqual([expect.any(Uint8Array)]);
  expect((records[0] as Uint8Array).length).toBeLessThan(100);
});

import { StoredSession } from '@agent-sessions/session-core';
import type * as codecs from '../../session-core/src/records/recordCodec';
import { describeConformance } from './support/conformance';
import { TestRedis } from './support/redis';

/* The kit's cases on sessions, which all compress here; but one, which looks for a text in the database. */
jest.mock('../../session-core/src/records/recordCodec', () => {
  const actual = jest.requireActual<typeof codecs>('../../session-core/src/records/recordCodec');
  return { ...actual, codecOf: () => actual.codecOf({ compression: true }) };
});

const redis = new TestRedis();

beforeAll(redis.connect);
afterAll(redis.close);

describeConformance('RedisStore, under sessions that compress', {
  keyPrefix: redis.keyPrefix,
  inspector: () => redis.client,
  store: (options) => redis.store(options),
  only: /^(?!.*gone from the database)(session|caching|transactions|replays|rewriting|compaction|forking|receipts|fencing|pending runs|races):/,
});

test('they do, and what they store is one element of bytes for each item', async () => {
  const session = new StoredSession(redis.store(), { sessionId: 'compressed' });
  await session.addItems([{ role: 'user', content: 'again and again and '.repeat(50) }]);
  const { records } = await redis.store().read('compressed');
  expect(records).toEqual([expect.any(Uint8Array)]);
  expect((records[0] as Uint8Array).length).toBeLessThan(100);
});

import { startFaultProxy } from '@agent-sessions/engines';
import type { EndedStoreCall, ObserveCall } from '@agent-sessions/session-core/store';
import { RedisStore } from '../src';
import { COMMIT } from '../src/scripts/commit';
import { PLAIN, PLAIN_VARIANTS } from './support/clientKinds';
import { commitId, TestRedis } from './support/redis';

/* What an observer is told that only this store knows; the rest is in the conformance kit. */

const redis = new TestRedis();
const closers: (() => unknown)[] = [];

beforeAll(redis.connect);
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
afterAll(redis.close);

// What ioredis sends again by itself would be counted by the proxy, too.
const KINDS = Object.entries({ ...PLAIN, ...PLAIN_VARIANTS }).filter(([name]) =>
  /^redis .$|no resending/.test(name),
);

test.each(KINDS)('on %s tries are counted', async (kind, open) => {
  const { hostname, port } = new URL(process.env.REDIS_URL ?? '');
  const proxy = await startFaultProxy({ host: hostname, port: Number(port) });
  const { client, connect, destroy } = open({ port: proxy.port });
  closers.push(destroy, proxy.stop);
  await connect();
  let last: Promise<EndedStoreCall> | undefined;
  const observe: ObserveCall = (_call, work) => void (last = work());
  const store = new RedisStore({ client, keyPrefix: redis.keyPrefix, observe });
  const append = ['{"text":"a"}', '{"text":"ä"}'];
  await store.commit(kind, { idempotencyKey: commitId(), append });
  expect(await last).toMatchObject({ tries: 1, system: 'redis', collection: redis.keyPrefix });

  let commits = 0;
  proxy.plan = (request) =>
    request.toString('latin1').includes(COMMIT.sha1) && ++commits <= 2 ? 'swallow' : undefined;
  await store.commit(kind, { idempotencyKey: commitId(), append });
  expect(commits).toBe(3);
  expect(await last).toEqual({
    ...{ verb: 'commit', system: 'redis', collection: redis.keyPrefix, storedId: kind },
    ...{ durationMs: expect.any(Number) as number, tries: 3, records: 2, bytes: 25, status: 'committed' },
  });

  const aborted = new RedisStore({ client, observe, signal: AbortSignal.abort() });
  await expect(aborted.read(kind)).rejects.toThrow();
  expect(await last).toMatchObject({ verb: 'read', errorCode: 'ABORTED', records: 0 });
});

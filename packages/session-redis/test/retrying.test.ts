import { startFaultProxy, type Fault, type FaultProxy } from '@agent-sessions/engines';
import { RedisSession } from '../src';
import { CLEAR } from '../src/scripts/clear';
import { newSeal } from '../src/layout/seal';
import { COMMIT } from '../src/scripts/commit';
import { PLAIN, PLAIN_VARIANTS, POOLS, type Address, type Kind } from './support/clientKinds';
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

const message = (content: string) => ({ role: 'user' as const, content });

/** A session whose next call of the verb meets the fault once. */
async function faultySession(kind: Kind<Address>, sessionId: string, fault: Fault, verb: RegExp) {
  const { client, connect, destroy: close } = kind({ port: proxy.port });
  await connect();
  let due = true;
  proxy.plan = (request) => {
    if (!due || !verb.test(request.toString('latin1'))) return undefined;
    due = false;
    return fault;
  };
  const session = new RedisSession({ client, keyPrefix: redis.keyPrefix, sessionId });
  return { session, met: () => !due, close };
}

const KINDS = Object.entries({ ...PLAIN, ...POOLS, ...PLAIN_VARIANTS }).filter(
  ([name]) =>
    name in PLAIN || /^pool of redis .$|no resending|no retries|pipelines|no offline queue/.test(name),
);
const FAULTS: readonly (Fault & string)[] = ['cut', 'cut-request', 'swallow', 'cut-answer'];

describe.each(KINDS.flatMap(([name, kind]) => FAULTS.map((fault) => [name, fault, kind] as const)))(
  'on %s after the fault %s',
  (name, fault, kind) => {
    const sessionId = `${name}, ${fault}`;

    test('an append is there once', async () => {
      const { session, met, close } = await faultySession(kind, sessionId, fault, /EVAL/i);
      await session.addItems([message('a'), message('b')]);
      expect(met()).toBe(true);
      expect(await session.getItems()).toEqual([message('a'), message('b')]);
      close();
    });

    test('a pop takes one item, and returns it', async () => {
      let commits = 0;
      const { session, close } = await faultySession(kind, sessionId, fault, /never/);
      proxy.plan = (request) =>
        request.toString('latin1').includes(COMMIT.sha1) && ++commits === 1 ? fault : undefined;
      expect(await session.popItem()).toEqual(message('b'));
      expect(commits).toBeGreaterThan(1);
      expect(await session.getItems()).toEqual([message('a')]);
      close();
    });

    test('a read is whole', async () => {
      const { session, met, close } = await faultySession(kind, sessionId, fault, /LRANGE|EVAL/i);
      expect(await session.getItems()).toEqual([message('a')]);
      expect(met()).toBe(true);
      close();
    });

    test('a clear clears', async () => {
      const { session, met, close } = await faultySession(kind, sessionId, fault, /EVAL/i);
      await session.clearSession();
      expect(met()).toBe(true);
      expect(await session.getItems()).toEqual([]);
      close();
    });
  },
);

test('a clear that arrives again deletes nothing that was written since', async () => {
  const store = redis.store();
  const { items, meta } = redis.keys('late clear');
  const clear = () =>
    redis.client.eval(CLEAR.lua, { keys: [items, meta], arguments: ['~clear-id', '0', '', newSeal()] });
  await store.commit('late clear', { idempotencyKey: commitId(), append: ['{"a":1}'] });
  await clear();
  expect((await store.read('late clear')).records).toEqual([]);
  await store.commit('late clear', { idempotencyKey: commitId(), append: ['{"b":1}'] });
  await clear();
  expect((await store.read('late clear')).records).toEqual(['{"b":1}']);
});

test('so does a first clear of nothing', async () => {
  const store = redis.store();
  const { items, meta } = redis.keys('early clear');
  const clear = () =>
    redis.client.eval(CLEAR.lua, { keys: [items, meta], arguments: ['~clear-id', '0', '', newSeal()] });
  await clear();
  await store.commit('early clear', { idempotencyKey: commitId(), append: ['{"b":1}'] });
  await clear();
  expect((await store.read('early clear')).records).toEqual(['{"b":1}']);
});

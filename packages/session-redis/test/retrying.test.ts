import { startFaultProxy, type Fault, type FaultProxy } from '@agent-sessions/engines';
import { createClient } from 'redis';
import { RedisSession } from '../src';
import { CLEAR } from '../src/scripts/clear';
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
async function faultySession(sessionId: string, fault: Fault, verb: RegExp) {
  const client = createClient({
    url: `redis://127.0.0.1:${proxy.port}`,
    socket: { reconnectStrategy: 1 },
  }).on('error', () => undefined);
  await client.connect();
  let due = true;
  proxy.plan = (request) => {
    if (!due || !verb.test(request.toString('latin1'))) return undefined;
    due = false;
    return fault;
  };
  const session = new RedisSession({ client, keyPrefix: redis.keyPrefix, sessionId });
  return { session, met: () => !due, close: () => client.destroy() };
}

describe.each<Fault & string>(['cut', 'cut-request', 'swallow', 'cut-answer'])(
  'after the fault %s',
  (fault) => {
    const sessionId = `fault ${fault}`;

    test('an append is there once', async () => {
      const { session, met, close } = await faultySession(sessionId, fault, /EVAL/);
      await session.addItems([message('a'), message('b')]);
      expect(met()).toBe(true);
      expect(await session.getItems()).toEqual([message('a'), message('b')]);
      close();
    });

    test('a pop takes one item, and returns it', async () => {
      // Its read, then its commit: the second script.
      let scripts = 0;
      const { session, met, close } = await faultySession(sessionId, fault, /never/);
      proxy.plan = (request) =>
        /EVAL/.test(request.toString('latin1')) && ++scripts === 2 ? fault : undefined;
      expect(await session.popItem()).toEqual(message('b'));
      expect(scripts).toBeGreaterThan(2);
      expect(met()).toBe(false);
      expect(await session.getItems()).toEqual([message('a')]);
      close();
    });

    test('a read is whole', async () => {
      const { session, met, close } = await faultySession(sessionId, fault, /LRANGE/);
      expect(await session.getItems()).toEqual([message('a')]);
      expect(met()).toBe(true);
      close();
    });

    test('a clear clears', async () => {
      const { session, met, close } = await faultySession(sessionId, fault, /EVAL/);
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
  const clear = () => redis.client.eval(CLEAR.lua, { keys: [items, meta], arguments: ['clear-id', '0', ''] });
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
  const clear = () => redis.client.eval(CLEAR.lua, { keys: [items, meta], arguments: ['clear-id', '0', ''] });
  await clear();
  await store.commit('early clear', { idempotencyKey: commitId(), append: ['{"b":1}'] });
  await clear();
  expect((await store.read('early clear')).records).toEqual(['{"b":1}']);
});

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
  const clear = () =>
    redis.client.eval(CLEAR.lua, { keys: [items, meta], arguments: ['clear-id', '600000', '2400000', ''] });
  await store.commit('late clear', { id: commitId(), append: ['{"a":1}'] });
  await clear();
  expect((await store.read('late clear')).records).toEqual([]);
  await store.commit('late clear', { id: commitId(), append: ['{"b":1}'] });
  await clear();
  expect((await store.read('late clear')).records).toEqual(['{"b":1}']);
});

test('so does a first clear of nothing', async () => {
  const store = redis.store();
  const { items, meta } = redis.keys('early clear');
  const clear = () =>
    redis.client.eval(CLEAR.lua, { keys: [items, meta], arguments: ['clear-id', '600000', '2400000', ''] });
  await clear();
  await store.commit('early clear', { id: commitId(), append: ['{"b":1}'] });
  await clear();
  expect((await store.read('early clear')).records).toEqual(['{"b":1}']);
});

test('what a clear leaves behind are ids of recent commits, for a while', async () => {
  const store = redis.store();
  const { items, meta } = redis.keys('tombstone');
  const operation = { id: 'op', fingerprint: 'print' };
  for (const id of ['one', 'two']) await store.commit('tombstone', { id, append: ['{"a":1}'] });
  await store.commit('tombstone', { id: 'three', append: [], operation });
  await store.clear('tombstone');
  expect(await redis.client.exists(items)).toBe(0);
  const left = Object.keys(await redis.client.hGetAll(meta));
  expect(left.filter((field) => !/^(c:|r:\d+$)/.test(field)).sort()).toEqual(['old', 'seq']);
  expect(left).toEqual(expect.arrayContaining(['c:one', 'c:two', 'c:three']));
  const time = await redis.client.pTTL(meta);
  expect(Math.abs(time - 2_400_000)).toBeLessThan(10_000);

  await store.commit('tombstone', { id: 'four', append: ['{"b":1}'] });
  expect(await redis.client.pTTL(meta)).toBe(-1);
});

test('a clear forgets thousands of operations', async () => {
  const { items, meta } = redis.keys('operations');
  const fields = Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`o:${index}`, 'f']));
  await redis.client.hSet(meta, fields);
  await redis.store().clear('operations');
  expect(Object.keys(await redis.client.hGetAll(meta)).length).toBe(4);
  expect(await redis.client.exists(items)).toBe(0);
});

test('a commit is recognised after hundreds of later ones, for as long as it is recent', async () => {
  const store = redis.store();
  const first = { id: 'first', append: ['{"a":1}'] };
  const landed = await store.commit('long memory', first);
  for (let count = 0; count < 300; count++) {
    await store.commit('long memory', { id: commitId(), append: [], drop: count % 2 === 0 ? 1 : 0 });
  }
  expect(await store.commit('long memory', first)).toEqual(landed);
  expect((await store.read('long memory')).records).toEqual([]);
});

test('commits that no retry can follow any more are forgotten, little by little', async () => {
  const store = redis.store();
  const { meta } = redis.keys('short memory');
  const commits = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      await store.commit('short memory', { id: commitId(), append: ['{}'] });
    }
  };
  const remembered = (): number[] =>
    ['c:', 'r:'].map((start) => fields.filter((field) => field.startsWith(start)).length);
  let fields: string[] = [];

  await commits(200);
  fields = await redis.client.hKeys(meta);
  expect(remembered()).toEqual([200, 200]);
  for (const field of fields.filter((name) => name.startsWith('r:'))) {
    const [, id = ''] = ((await redis.client.hGet(meta, field)) ?? '').split(' ');
    await redis.client.hSet(meta, field, `${Date.now() - 1_000} ${id}`);
  }
  await commits(80);
  fields = await redis.client.hKeys(meta);
  expect(remembered()).toEqual([80, 80]);
  expect(await redis.client.hGet(meta, 'old')).toBe('201');
});

test('a commit is remembered for 10 minutes longer than its own writer can try it', async () => {
  const remembered = async (sessionId: string, timeoutMs: number): Promise<number> => {
    await redis.store({ timeoutMs }).commit(sessionId, { id: commitId(), append: ['{}'] });
    return Number.parseInt((await redis.client.hGet(redis.keys(sessionId).meta, 'r:1')) ?? '') - Date.now();
  };
  expect(Math.abs((await remembered('patient', 1_800_000)) - 2_400_000)).toBeLessThan(10_000);
  expect(Math.abs((await remembered('ordinary', 15_000)) - 615_000)).toBeLessThan(10_000);
});

test('a commit that is still remembered outlives the forgetting of other writers', async () => {
  const store = redis.store({ timeoutMs: 10_000 });
  const patient = redis.store({ timeoutMs: 1_800_000 });
  const change = { id: commitId(), append: ['{"a":1}'] };
  const landed = await patient.commit('forgetful', change);
  const { meta } = redis.keys('forgetful');
  // As after 20 minutes, which is longer than the other writer remembers its own.
  const [until = '', id = ''] = ((await redis.client.hGet(meta, 'r:1')) ?? '').split(' ');
  await redis.client.hSet(meta, 'r:1', `${Number(until) - 1_200_000} ${id}`);
  for (let count = 0; count < 40; count++) {
    await store.commit('forgetful', { id: commitId(), append: ['{}'] });
  }
  expect(await patient.commit('forgetful', change)).toEqual(landed);
});

import { startFaultProxy, type FaultProxy } from '@agent-sessions/engines';
import type { Revision } from '@agent-sessions/session-core/store';
import { createClient } from 'redis';
import { type NodeRedisClient, RedisSession, RedisSessionIndex, RedisStore } from '../src';
import { PLAIN, POOLS, type Address, type Kind } from './support/clientKinds';
import { commitId, TestRedis } from './support/redis';

const redis = new TestRedis();
let proxy: FaultProxy;
const url = (): string => `redis://127.0.0.1:${proxy.port}`;

beforeAll(async () => {
  await redis.connect();
  const { hostname, port } = new URL(process.env.REDIS_URL ?? '');
  proxy = await startFaultProxy({ host: hostname, port: Number(port) });
});
afterAll(async () => {
  await proxy.stop();
  await redis.close();
});

async function roundTrips(action: () => Promise<unknown>): Promise<number> {
  const before = proxy.counts.get('pass') ?? 0;
  await action();
  return (proxy.counts.get('pass') ?? 0) - before;
}

const KINDS = Object.entries<Kind<Address>>({ ...PLAIN, 'a pool of redis 6': POOLS['pool of redis 6'] });

test.each(KINDS)('on %s each verb is one round trip', async (kind, open) => {
  const { client, connect, close } = open({ port: proxy.port });
  await connect();
  const store = new RedisStore({ client, keyPrefix: redis.keyPrefix, ttlSeconds: 60 });
  const append = Array.from({ length: 20 }, (_, index) => `{"n":${index}}`);
  let known: Revision;
  const verbs: Record<string, () => Promise<unknown>> = {
    'append to nothing': () => store.commit(kind, { idempotencyKey: commitId(), append }),
    append: () => store.commit(kind, { idempotencyKey: commitId(), append }),
    'read all': async () => {
      known = (await store.read(kind)).revision;
    },
    'read the end': () => store.read(kind, { last: 3 }),
    'read what is new': async () => {
      const { after } = await store.read(kind, { after: known });
      expect(after).toBe(known);
    },
    describe: () => store.describe(kind),
    drop: () => store.commit(kind, { idempotencyKey: commitId(), append: [], drop: 1 }),
    conflict: () => store.commit(kind, { idempotencyKey: commitId(), append, ifRevision: 'x' }),
    clear: () => store.clear(kind),
    'read nothing': () => store.read(kind),
  };
  // The server learns the scripts.
  for (const verb of Object.values(verbs)) await verb();
  const counts: Record<string, number> = {};
  for (const [name, verb] of Object.entries(verbs)) counts[name] = await roundTrips(verb);
  expect(counts).toEqual(Object.fromEntries(Object.keys(verbs).map((name) => [name, 1])));
  await close();
});

test.each(Object.entries(PLAIN).filter(([name]) => name !== 'redis 5'))(
  'on %s a read of a session of which there is nothing looks for one of other packages in the same round trip',
  async (kind, open) => {
    const { client, connect, close } = open({ port: proxy.port });
    await connect();
    const store = new RedisStore({ client, keyPrefix: redis.keyPrefix });
    const id = `none, ${kind}`;
    for (const options of [{}, { last: 1 }]) expect(await roundTrips(() => store.read(id, options))).toBe(1);
    await redis.client.rPush(`${redis.keyPrefix}:${id}`, 'not an item');
    await store.read(id);
    expect(await roundTrips(() => store.read(id))).toBe(2);
    await close();
  },
);

test.each(Object.entries<Kind<Address>>({ 'redis 5': PLAIN['redis 5'], 'a pool': POOLS['pool of redis 6'] }))(
  'on %s, without a pipeline, it does so in a second one; with a scope in none',
  async (kind, open) => {
    const { client, connect, close } = open({ port: proxy.port });
    await connect();
    const store = new RedisStore({ client, keyPrefix: redis.keyPrefix });
    const id = `nowhere, ${kind}`;
    await store.read(id);
    expect(await roundTrips(() => store.read(id))).toBe(2);
    expect(await roundTrips(() => store.read(id, { last: 1 }))).toBe(2);
    expect(await roundTrips(() => store.read(`~acme/${id}`))).toBe(1);
    await close();
  },
);

test('a fork is two round trips', async () => {
  const client = await createClient({ url: url() }).connect();
  const source = new RedisSession({ client, keyPrefix: redis.keyPrefix, sessionId: 'forked' });
  await source.addItems(['a', 'b', 'c'].map((content) => ({ role: 'user', content })));
  expect(await roundTrips(() => source.fork({ sessionId: 'fork', upTo: 2 }))).toBe(2);
  await client.close();
});

test('a listed session is two round trips more when it begins, one for another object, and none within a minute', async () => {
  const client = await createClient({ url: url() }).connect();
  const options = { client, keyPrefix: redis.keyPrefix, sessionId: 'listed', index: { owner: 'ada' } };
  const [session, other] = [new RedisSession(options), new RedisSession(options)];
  const add = (to: RedisSession) => (): Promise<void> => to.addItems([{ role: 'user', content: 'a' }]);
  expect(await roundTrips(add(session))).toBe(3);
  expect(await roundTrips(add(session))).toBe(1);
  expect(await roundTrips(add(other))).toBe(2);
  expect(await roundTrips(add(other))).toBe(1);
  expect(await roundTrips(() => session.setDetails({ title: 'a' }))).toBe(3);
  const index = new RedisSessionIndex({ client, keyPrefix: redis.keyPrefix, owner: 'ada' });
  expect(await roundTrips(() => index.list())).toBe(2);
  await client.close();
});

test("with ttlRefresh: 'access', a read that puts the expiry off is two round trips, any other one", async () => {
  const client = await createClient({ url: url() }).connect();
  const store = new RedisStore({
    client,
    keyPrefix: redis.keyPrefix,
    ttlSeconds: 1_000,
    ttlRefresh: 'access',
  });
  const id = 'accessed';
  const { items, meta } = redis.keys(id);
  const makeDue = async (): Promise<void> => {
    for (const key of [items, meta]) await redis.client.pExpireAt(key, Date.now() + 500_000);
  };
  await store.commit(id, { idempotencyKey: commitId(), append: ['{}'] });
  for (const options of [{}, { last: 1 }]) {
    await makeDue();
    await store.read(id, options);
    expect(await roundTrips(() => store.read(id, options))).toBe(1);
    await makeDue();
    expect(await roundTrips(() => store.read(id, options))).toBe(2);
  }
  await client.close();
});

test('a server that forgets the scripts at any time is taught again', async () => {
  const store = redis.store();
  const flush = () => redis.client.scriptFlush();
  const other = await redis.client.duplicate().connect();
  const flushing = { done: false };
  const flusher = (async () => {
    while (!flushing.done) await other.scriptFlush();
  })();

  const id = 'forgetful';
  const commits = Array.from({ length: 100 }, (_, index) => `{"n":${index}}`);
  for (const record of commits) {
    await store.commit(id, { idempotencyKey: commitId(), append: [record] });
    expect((await store.read(id, { last: 1 })).records).toEqual([record]);
  }
  flushing.done = true;
  await flusher;
  await other.close();

  expect((await store.read(id)).records).toEqual(commits);
  await flush();
  await store.clear(id);
  expect((await store.read(id)).records).toEqual([]);
});

test('when somebody commits in the middle of a read, the records and the revision are of one state', async () => {
  const store = redis.store();
  const id = 'race';
  await store.commit(id, { idempotencyKey: commitId(), append: ['{"a":1}', '{"b":1}'] });

  // A plain client whose connection serves another's commit between two of its commands.
  let meanwhile: (() => Promise<unknown>) | undefined;
  let line: Promise<unknown> = Promise.resolve();
  const inLine = <T>(command: () => Promise<T>): Promise<T> => {
    const result = line.then(command);
    line = result.catch(() => undefined);
    return result;
  };
  const client: NodeRedisClient & { createPool: unknown; hImportSet: unknown } = {
    isReady: true,
    createPool: undefined,
    hImportSet: undefined,
    // So that its methods are used.
    options: { keyPrefix: '' },
    withCommandOptions(options) {
      const commands = redis.client.withCommandOptions(options);
      return {
        evalSha: (...args) => inLine(() => commands.evalSha(...args)),
        eval: (...args) => inLine(() => commands.eval(...args)),
        pTTL: (...args) => inLine(() => commands.pTTL(...args)),
        multi: () => commands.multi(),
        hmGet: (...args) => inLine(() => commands.hmGet(...args)),
        lLen: (...args) => inLine(() => commands.lLen(...args)),
        lRange: (...args) =>
          inLine(async () => {
            await meanwhile?.();
            meanwhile = undefined;
            return commands.lRange(...args);
          }),
      };
    },
  };
  const racing = new RedisStore({
    client,
    keyPrefix: redis.keyPrefix,
  });
  for (const change of [
    { drop: 1, append: ['{"c":1}'] },
    { append: ['{"d":1}'] },
    { drop: 1, append: [] },
    { drop: 'all' as const, append: [] },
  ]) {
    meanwhile = () => store.commit(id, { idempotencyKey: commitId(), ...change });
    const read = await racing.read(id);
    expect(meanwhile).toBeUndefined();
    expect(read).toEqual(await store.read(id));
  }
});

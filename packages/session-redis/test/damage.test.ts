import { NO_HISTORY, NO_SUCH_REVISION } from '@agent-sessions/session-core/store';
import { RedisSession } from '../src';
import { IDS_PER_HALF } from '../src/layout/state';
import { commitId, TestRedis } from './support/redis';
import { changeState, type State } from './support/state';

const redis = new TestRedis();
beforeAll(redis.connect);
afterAll(redis.close);

interface Damage {
  readonly what: string;
  /** What eviction, or somebody with redis-cli, does to a session of the records a, b and c. */
  readonly inflict: (keys: { items: string; meta: string }) => Promise<unknown>;
  readonly left: readonly string[];
}

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((content) => JSON.stringify({ role: 'user', content })) as [
  string,
  string,
  string,
  string,
];

const DAMAGES: readonly Damage[] = [
  { what: 'the list is gone', inflict: ({ items }) => redis.client.del(items), left: [] },
  { what: 'the hash is gone', inflict: ({ meta }) => redis.client.del(meta), left: [A, B, C] },
  {
    what: 'a record was removed',
    inflict: async ({ items }) => {
      await redis.client.lSet(items, 1, 'removed');
      await redis.client.lRem(items, 1, 'removed');
    },
    left: [A, C],
  },
  { what: 'a record was added', inflict: ({ items }) => redis.client.rPush(items, D), left: [A, B, C, D] },
  { what: 'the state is gone', inflict: ({ meta }) => redis.client.hDel(meta, 'state'), left: [A, B, C] },
  ...['', 'x', '1 3', '0 1 1.3.id', '\u0001', '\u0000'.repeat(50), 'x'.repeat(50)].map((state) => ({
    what: `the state is ${JSON.stringify(state)}`,
    inflict: ({ meta }: { meta: string }) => redis.client.hSet(meta, { state }),
    left: [A, B, C],
  })),
  ...(
    [
      { format: 0 },
      { format: 32 },
      { count: IDS_PER_HALF + 1 },
      { others: IDS_PER_HALF + 1 },
      { forgotten: 2 ** 53 },
      { sequenceNumber: 9e15 + 1 },
      { length: 2 },
      { length: 2 ** 32 - 1 },
      { id: '' },
      { id: 'a b' },
      { id: '\u00e4' },
      { id: 'x'.repeat(200) },
    ] satisfies Partial<State>[]
  ).map((state) => ({
    what: `of the state, this is other: ${JSON.stringify(state).slice(1, 40).replace('}', '')}`,
    inflict: ({ meta }: { meta: string }) => changeState(redis.client, meta, state),
    left: [A, B, C],
  })),
];

const deadlines = (...keys: string[]): Promise<number[]> =>
  Promise.all(keys.map((key) => redis.client.pExpireTime(key)));

describe.each(DAMAGES)('when $what', ({ what, inflict, left }) => {
  const damaged = async (name: string) => {
    const sessionId = `${what}: ${name}`;
    const store = redis.store();
    const { meta, items } = redis.keys(sessionId);
    const seen = [NO_HISTORY];
    for (const record of [A, B, C]) {
      const result = await store.commit(sessionId, { idempotencyKey: commitId(), append: [record] });
      if (result.status === 'committed') seen.push(result.revision);
    }
    await inflict({ items, meta });
    return { sessionId, store, seen, meta, items };
  };

  test('reading gives what is left, a revision like none before, and changes nothing', async () => {
    const { sessionId, store, seen, meta, items } = await damaged('reading');
    const before = [await redis.client.hGetAll(meta), await redis.client.lRange(items, 0, -1)];
    for (const last of [undefined, 10, undefined, 2]) {
      const { records, revision } = await store.read(sessionId, { last });
      expect(records).toEqual(last === undefined ? left : left.slice(-last));
      expect(seen).not.toContain(revision);
      seen.push(revision);
    }
    expect([await redis.client.hGetAll(meta), await redis.client.lRange(items, 0, -1)]).toEqual(before);
  });

  test('a commit at a revision conflicts once and changes no record; the next try goes in', async () => {
    const { sessionId, store, seen } = await damaged('fenced');
    const { revision: ifRevision } = await store.read(sessionId);
    expect(
      await store.commit(sessionId, { idempotencyKey: commitId(), append: [D], drop: 1, ifRevision }),
    ).toEqual({
      status: 'conflict',
    });
    const { records, revision } = await store.read(sessionId);
    expect(records).toEqual(left);
    expect(seen).not.toContain(revision);
    expect(await store.read(sessionId, { last: 1 })).toMatchObject({ revision });
    const result = await store.commit(sessionId, {
      idempotencyKey: commitId(),
      append: [D],
      ifRevision: revision,
    });
    expect(result.status).toBe('committed');
    expect((await store.read(sessionId)).records).toEqual([...left, D]);
  });

  test('a commit at any older revision conflicts', async () => {
    for (const which of [0, 1, 2, 3]) {
      const { sessionId, store, seen } = await damaged(`old ${which}`);
      const change = { append: [D], ifRevision: seen[which] };
      for (let tries = 0; tries < 2; tries++) {
        expect(await store.commit(sessionId, { idempotencyKey: commitId(), ...change })).toEqual({
          status: 'conflict',
        });
      }
      expect((await store.read(sessionId)).records).toEqual(left);
    }
  });

  test('a commit at no revision goes in, on both keys, with one expiry', async () => {
    const { sessionId, seen, meta, items } = await damaged('append');
    const store = redis.store({ ttlSeconds: 100 });
    const result = await store.commit(sessionId, { idempotencyKey: commitId(), append: [D] });
    const { records, revision } = await store.read(sessionId);
    expect(result).toEqual({ status: 'committed', revision });
    expect(records).toEqual([...left, D]);
    expect(seen).not.toContain(revision);
    const deadline = await redis.client.pExpireTime(items);
    expect(deadline).toBeGreaterThan(0);
    expect(await redis.client.pExpireTime(meta)).toBe(deadline);
  });

  test('a conflict leaves the expiry as it is, on what is left', async () => {
    for (const ttlSeconds of [undefined, 1_000]) {
      const { sessionId, meta, items } = await damaged(`deadline ${ttlSeconds}`);
      const store = redis.store({ ttlSeconds });
      const before = Date.now() + 50_000;
      for (const key of [items, meta]) await redis.client.pExpireAt(key, before);
      const change = { idempotencyKey: commitId(), append: [D], ifRevision: NO_SUCH_REVISION };
      expect(await store.commit(sessionId, change)).toEqual({ status: 'conflict' });
      const [ofItems = 0, ofMeta = 0] = await deadlines(items, meta);
      expect(Math.abs(ofMeta - before)).toBeLessThan(10_000);
      expect(ofItems).toBe(left.length === 0 ? -2 : ofMeta);
    }
  });

  test('a conflict gives no expiry to what has none', async () => {
    const { sessionId, meta, items } = await damaged('no deadline');
    const store = redis.store({ ttlSeconds: 1_000 });
    const change = { idempotencyKey: commitId(), append: [D], ifRevision: NO_SUCH_REVISION };
    expect(await store.commit(sessionId, change)).toEqual({ status: 'conflict' });
    expect(await deadlines(items, meta)).toEqual([left.length === 0 ? -2 : -1, -1]);
  });

  test("with ttlRefresh: 'never', a commit keeps the expiry of what is left, on both keys", async () => {
    const { sessionId, meta, items } = await damaged('never');
    const store = redis.store({ ttlSeconds: 1_000, ttlRefresh: 'never' });
    const before = Date.now() + 50_000;
    for (const key of [items, meta]) await redis.client.pExpireAt(key, before);
    await store.commit(sessionId, { idempotencyKey: commitId(), append: [D] });
    const [ofItems = 0, ofMeta = 0] = await deadlines(items, meta);
    expect(Math.abs(ofMeta - before)).toBeLessThan(10_000);
    expect(ofItems).toBe(ofMeta);
  });

  test("with ttlRefresh: 'access', a read extends nothing and changes nothing", async () => {
    const { sessionId, meta, items } = await damaged('access');
    const before = Date.now() + 50_000;
    for (const key of [items, meta]) await redis.client.pExpireAt(key, before);
    const state = [await deadlines(items, meta), await redis.client.hGetAll(meta)];
    const store = redis.store({ ttlSeconds: 1_000, ttlRefresh: 'access' });
    expect((await store.read(sessionId)).records).toEqual(left);
    expect((await store.read(sessionId, { last: 1 })).records).toEqual(left.slice(-1));
    expect([await deadlines(items, meta), await redis.client.hGetAll(meta)]).toEqual(state);
  });

  test('popItem and clearSession work', async () => {
    const { sessionId } = await damaged('session');
    const session = new RedisSession({ client: redis.client, keyPrefix: redis.keyPrefix, sessionId });
    const items = left.map((record) => JSON.parse(record) as unknown);
    expect(await session.popItem()).toEqual(items.at(-1));
    expect(await session.getItems()).toEqual(items.slice(0, -1));
    await session.clearSession();
    expect(await redis.store().read(sessionId)).toEqual({ records: [], revision: NO_HISTORY });
  });
});

test.each([['x'], ['-1'], ['1e300'], ['99999999999999999999'], ['1.5'], ['nan'], ['']])(
  'a state that reads %j breaks nothing',
  async (text) => {
    const store = redis.store();
    const sessionId = `counters ${text}`;
    const { meta } = redis.keys(sessionId);
    await store.commit(sessionId, { idempotencyKey: commitId(), append: [A] });
    for (let count = 0; count < 40; count++) {
      if (count % 5 === 0) await redis.client.hSet(meta, { state: text });
      if (count % 7 === 0) await store.clear(sessionId);
      const append = async () => {
        const { revision } = await store.read(sessionId);
        return store.commit(sessionId, { idempotencyKey: commitId(), append: [B], ifRevision: revision });
      };
      const first = await append();
      expect(first.status).toBe(count % 5 === 0 && count % 7 !== 0 ? 'conflict' : 'committed');
      const result = first.status === 'conflict' ? await append() : first;
      expect(result.status).toBe('committed');
      expect((await store.read(sessionId)).revision).toBe(result.status === 'committed' && result.revision);
    }
    expect((await store.read(sessionId)).records.length).toBe(5);
  },
);

test('a commit that landed before the list was lost is recognised', async () => {
  const store = redis.store();
  const change = { idempotencyKey: commitId(), append: [A] };
  const landed = await store.commit('lost list', change);
  await redis.client.del(redis.keys('lost list').items);
  expect(await store.commit('lost list', change)).toEqual(landed);
  expect((await store.read('lost list')).records).toEqual([]);
});

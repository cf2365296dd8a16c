import type { Revision, StoredHistory } from '@agent-sessions/session-core/store';
import { createClientPool } from 'redis';
import type { RedisStore } from '../src';
import { REMEMBER_MS } from '../src/scripts/bookkeeping';
import { commitId, TestRedis } from './support/redis';
import { changeState, stateOf } from './support/state';

/* What a read gives to whom has the history up to a revision: what is new, or all, but never something that is not there. */

const redis = new TestRedis();
const pool = createClientPool({ url: process.env.REDIS_URL ?? '' });
beforeAll(() => Promise.all([redis.connect(), pool.connect()]));
afterAll(async () => {
  pool.destroy();
  await redis.close();
});

const [A, B, C, D] = ['{"a":1}', '{"b":1}', '{"c":1}', '{"d":1}'] as const;

/** A pool reads by a script, a plain client without one. */
const STORES: readonly [string, () => RedisStore][] = [
  ['a plain client', () => redis.store()],
  ['a pool', () => redis.store({ client: pool })],
];

async function append(sessionId: string, ...records: string[]): Promise<void> {
  await redis.store().commit(sessionId, { idempotencyKey: commitId(), append: records });
}

/** Puts the keys back to what they are now, as a replica that fell behind does when it takes over. */
async function snapshot(sessionId: string): Promise<() => Promise<void>> {
  const { items, meta } = redis.keys(sessionId);
  const bytes = redis.client.withTypeMapping({ 36: Buffer });
  const dumps = await Promise.all([items, meta].map(async (key) => [key, await bytes.dump(key)] as const));
  return async () => {
    await redis.client.del([items, meta]);
    for (const [key, dump] of dumps) {
      await redis.client.restore(key, 0, dump);
    }
  };
}

describe.each(STORES)('on %s', (name, open) => {
  const begin = async (what: string): Promise<{ id: string; store: RedisStore; known: StoredHistory }> => {
    const id = `${name}: ${what}`;
    await append(id, A, B);
    return { id, store: open(), known: await redis.store().read(id) };
  };

  test('what was appended since, and nothing where nothing was', async () => {
    const { id, store, known } = await begin('grown');
    expect(await store.read(id, { after: known.revision })).toEqual({
      records: [],
      revision: known.revision,
      after: known.revision,
    });
    await append(id, C);
    await append(id, D, A);
    const { revision } = await store.read(id);
    expect(await store.read(id, { after: known.revision })).toEqual({
      records: [C, D, A],
      revision,
      after: known.revision,
    });
  });

  test('it asks the server for no more than that', async () => {
    const { id, store, known } = await begin('bytes');
    await append(id, C);
    await store.read(id, { after: known.revision });
    await redis.client.sendCommand(['CONFIG', 'RESETSTAT']);
    await store.read(id, { after: known.revision });
    const stats = await redis.client.info('commandstats');
    expect(/cmdstat_lrange:calls=(\d+)/.exec(stats)?.[1]).toBe('1');
  });

  /** What happens to a session whose records were a and b; in the end it is as long as then, or longer. */
  const MISFORTUNES: Record<string, (id: string, known: StoredHistory) => Promise<unknown>> = {
    'a pop': async (id) => {
      await redis.store().commit(id, { idempotencyKey: commitId(), append: [], drop: 1 });
      await append(id, C, D);
    },
    'a rewrite': (id) =>
      redis.store().commit(id, { idempotencyKey: commitId(), append: [C, D], drop: 'all' }),
    'a rewrite of the same length': (id) =>
      redis.store().commit(id, { idempotencyKey: commitId(), append: [C], drop: 1 }),
    'a clear': (id) => redis.store().clear(id),
    'a clear and another beginning': async (id) => {
      await redis.store().clear(id);
      await append(id, C, D, A);
    },
    'the list is evicted': (id) => redis.client.del(redis.keys(id).items),
    'the list is evicted, and appended to': async (id) => {
      await redis.client.del(redis.keys(id).items);
      await append(id, C, D, A);
    },
    'the hash is evicted': (id) => redis.client.del(redis.keys(id).meta),
    'the hash is evicted, and appended to': async (id) => {
      await redis.client.del(redis.keys(id).meta);
      await append(id, C);
    },
    'both are evicted, and begun anew': async (id) => {
      const { items, meta } = redis.keys(id);
      await redis.client.del([items, meta]);
      await append(id, C, D, A);
    },
    'it expires, and begins anew': async (id) => {
      const { items, meta } = redis.keys(id);
      for (const key of [items, meta]) await redis.client.pExpireAt(key, 1);
      await append(id, C, D, A);
    },
    'a record is deleted by hand': (id) => redis.client.rPop(redis.keys(id).items),
    'a record is deleted by hand, and others appended': async (id) => {
      await redis.client.lPop(redis.keys(id).items);
      await append(id, C, D);
    },
    'records are put in by hand': (id) => redis.client.rPush(redis.keys(id).items, [C, D]),
    'the state is deleted by hand': (id) => redis.client.hDel(redis.keys(id).meta, 'state'),
    'its ids are forgotten': async (id) => {
      const { meta } = redis.keys(id);
      for (let count = 0; count < 3; count++) {
        const { turned } = await stateOf(redis.client, meta);
        await changeState(redis.client, meta, { turned: turned - REMEMBER_MS * 1_000 });
        await append(id, C);
      }
    },
  };

  test.each(Object.entries(MISFORTUNES))('%s: all there is', async (what, happen) => {
    const { id, store, known } = await begin(what);
    await happen(id, known);
    const read = await store.read(id, { after: known.revision });
    const whole = await redis.store().read(id);
    expect(read.after).toBeUndefined();
    expect(read.records).toEqual(whole.records);
    // A damaged session has another revision at each read.
    if (!whole.revision.startsWith('~')) expect(read.revision).toBe(whole.revision);
  });

  test('a failover to an older state: what was lost is not there, and what came instead is', async () => {
    const { id, store, known: older } = await begin('failover');
    const restore = await snapshot(id);
    await append(id, C);
    const known = await redis.store().read(id);
    await append(id, D);
    const newest = await redis.store().read(id);
    await restore();
    for (const { revision: after } of [known, newest]) {
      expect(await store.read(id, { after })).toEqual({ records: [A, B], revision: older.revision });
    }
    // Now as long as before, twice, with other records.
    await append(id, '{"other":1}');
    await append(id, '{"other":2}');
    const { revision } = await redis.store().read(id);
    const records = ['{"other":1}', '{"other":2}'];
    for (const { revision: after } of [known, newest]) {
      expect(await store.read(id, { after })).toEqual({ records: [A, B, ...records], revision });
    }
    expect(await store.read(id, { after: older.revision })).toEqual({
      records,
      revision,
      after: older.revision,
    });
  });

  test('a failover to before a drop, which is then made up for in another way', async () => {
    const { id, store } = await begin('undone');
    await append(id, C);
    const known = await redis.store().read(id);
    const restore = await snapshot(id);
    await redis.store().commit(id, { idempotencyKey: commitId(), append: [D], drop: 2 });
    const dropped = await redis.store().read(id);
    await restore();
    expect(await store.read(id, { after: dropped.revision })).toEqual(known);
    expect(await store.read(id, { after: known.revision })).toEqual({
      records: [],
      revision: known.revision,
      after: known.revision,
    });
  });

  test.each(['-', 'x', '~b1946ac9', '1.2.3', '1.2.a b', '9007199254740993.1.a', '1.4294967296.a', '1.1.'])(
    'a revision that no session has, as %j: all there is',
    async (after: Revision) => {
      const { id, store, known } = await begin(`no revision ${after}`);
      expect(await store.read(id, { after })).toEqual(known);
    },
  );

  test('a revision of another session: all there is', async () => {
    const { known } = await begin('one');
    const other = await begin('other');
    expect(await other.store.read(other.id, { after: known.revision })).toEqual(other.known);
  });

  test("with ttlRefresh: 'access', it extends the session as other reads do", async () => {
    const { id, known } = await begin('access');
    const { items, meta } = redis.keys(id);
    const soon = Date.now() + 50_000;
    for (const key of [items, meta]) await redis.client.pExpireAt(key, soon);
    const client = name === 'a pool' ? pool : redis.client;
    const store = redis.store({ client, ttlSeconds: 1_000, ttlRefresh: 'access' });
    expect((await store.read(id, { after: known.revision })).after).toBe(known.revision);
    const deadlines = await Promise.all([items, meta].map((key) => redis.client.pExpireTime(key)));
    expect(deadlines[0]).toBe(deadlines[1]);
    expect(deadlines[0]).toBeGreaterThan(soon + 500_000);
  });
});

test('stores of one client and prefix share what is cached of their sessions, and no others do', () => {
  const { cacheKey } = redis.store();
  expect(redis.store({ ttlSeconds: 60 }).cacheKey).toEqual(cacheKey);
  expect(redis.store().cacheKey.owner).toBe(redis.client);
  expect(redis.store({ keyPrefix: 'other' }).cacheKey.name).not.toBe(cacheKey.name);
  expect(redis.store({ client: pool }).cacheKey.owner).not.toBe(cacheKey.owner);
});

import { startRedis } from '@agent-sessions/engines';
import { createClient } from 'redis';
import { RedisStore } from '../src';
import { toPacked } from '../src/layout/state';
import { TOUCH } from '../src/scripts/touch';
import { commitId, TestRedis } from './support/redis';

const redis = new TestRedis();
beforeAll(redis.connect);
afterAll(redis.close);

const TTL = { ttlSeconds: 1_000 };
const append = ['{"a":1}', '{"b":1}'];

const deadlines = async (id: string): Promise<[number, number]> => {
  const { items, meta } = redis.keys(id);
  return [await redis.client.pExpireTime(items), await redis.client.pExpireTime(meta)];
};
/** Moves both keys' deadline to so many milliseconds from now, as time would, and says when that is. */
async function leave(id: string, ms: number): Promise<number> {
  const { items, meta } = redis.keys(id);
  const deadline = Date.now() + ms;
  for (const key of [items, meta]) await redis.client.pExpireAt(key, deadline);
  return deadline;
}
const about = (deadline: number, ms: number): void => {
  expect(Math.abs(deadline - Date.now() - ms)).toBeLessThan(10_000);
};

describe("'never'", () => {
  test('writes leave the deadline alone while the list is there, so that it cannot drift', async () => {
    const server = await startRedis({});
    const client = await createClient({ url: server.url }).connect();
    const store = new RedisStore({ client, ...TTL, ttlRefresh: 'never' });
    const commits = async (): Promise<unknown> => {
      for (let count = 0; count < 40; count++) {
        await store.commit('exact', { idempotencyKey: commitId(), append, drop: count % 2 });
      }
      return /cmdstat_pexpireat:calls=\d+/.exec(await client.info('commandstats'))?.[0];
    };
    expect(await commits()).toBe('cmdstat_pexpireat:calls=2');
    expect(await commits()).toBe('cmdstat_pexpireat:calls=2');
    await client.close();
    await server.stop();
  });

  test.each(['all at once', 'one by one'])(
    'a list that was emptied (%s) and begins again gets the deadline of the hash',
    async (how) => {
      const id = `emptied ${how}`;
      const store = redis.store({ ...TTL, ttlRefresh: 'never' });
      await store.commit(id, { idempotencyKey: commitId(), append });
      await leave(id, 300_000);
      const drops = how === 'one by one' ? append.length : 0;
      for (let count = 0; count < drops; count++) {
        await store.commit(id, { idempotencyKey: commitId(), append: [], drop: 1 });
      }
      await store.commit(id, { idempotencyKey: commitId(), append, drop: 'all' });
      const [ofItems, ofMeta] = await deadlines(id);
      about(ofItems, 300_000);
      expect(ofItems).toBe(ofMeta);
    },
  );

  test('a session without expiry gets one, a store without ttlSeconds takes it away', async () => {
    await redis.store({ ttlRefresh: 'never' }).commit('given', { idempotencyKey: commitId(), append });
    expect(await deadlines('given')).toEqual([-1, -1]);
    await redis
      .store({ ...TTL, ttlRefresh: 'never' })
      .commit('given', { idempotencyKey: commitId(), append });
    const [ofItems, ofMeta] = await deadlines('given');
    about(ofItems, 1_000_000);
    expect(ofItems).toBe(ofMeta);
    await redis.store({ ttlRefresh: 'never' }).commit('given', { idempotencyKey: commitId(), append });
    expect(await deadlines('given')).toEqual([-1, -1]);
  });
});

describe("'access'", () => {
  test('never brings the expiry forward, however late the refresh comes', async () => {
    await redis.store(TTL).commit('late', { idempotencyKey: commitId(), append });
    const before = await deadlines('late');
    const { revision } = await redis.store().read('late');
    const { items, meta } = redis.keys('late');
    await redis.client.eval(TOUCH.lua, { keys: [items, meta], arguments: [toPacked(revision), '50000'] });
    expect(await deadlines('late')).toEqual(before);
    await redis.client.eval(TOUCH.lua, { keys: [items, meta], arguments: [toPacked(revision), '5000000'] });
    about((await deadlines('late'))[0], 5_000_000);
  });

  test('a cleared session, which has ids of commits left, is not refreshed', async () => {
    const server = await startRedis({});
    const client = await createClient({ url: server.url }).connect();
    const scripts = async () => /cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1];
    const store = new RedisStore({ client, ttlSeconds: 86_400, ttlRefresh: 'access' });
    await store.commit('cleared', { idempotencyKey: commitId(), append });
    await store.clear('cleared');
    const before = await scripts();
    await store.read('cleared');
    const after = await scripts();
    await client.close();
    await server.stop();
    expect(after).toBe(before);
  });

  test('a read puts both keys off to the same moment, once a tenth of the time is over', async () => {
    const store = redis.store({ ...TTL, ttlRefresh: 'access' });
    await store.commit('read', { idempotencyKey: commitId(), append });
    const { revision } = await store.read('read');
    for (const last of [undefined, 1]) {
      const fresh = await leave('read', 950_000);
      await store.read('read', { last });
      expect(await deadlines('read')).toEqual([fresh, fresh]);
      await leave('read', 850_000);
      expect((await store.read('read', { last })).revision).toBe(revision);
      const [ofItems, ofMeta] = await deadlines('read');
      about(ofItems, 1_000_000);
      expect(ofItems).toBe(ofMeta);
    }
    expect((await store.read('read')).revision).toBe(revision);
  });

  test('what another store set stays while it is further off', async () => {
    await redis.store({ ttlSeconds: 5_000 }).commit('further', { idempotencyKey: commitId(), append });
    const before = await deadlines('further');
    await redis.store({ ...TTL, ttlRefresh: 'access' }).read('further');
    expect(await deadlines('further')).toEqual(before);
  });

  test('a session that moved on since it was read is left alone', async () => {
    const store = redis.store({ ...TTL, ttlRefresh: 'access' });
    const { items, meta } = redis.keys('moved');
    const touch = (revision: string) =>
      redis.client.eval(TOUCH.lua, { keys: [items, meta], arguments: [revision, '1000000'] });
    await store.commit('moved', { idempotencyKey: commitId(), append });
    const { revision } = await store.read('moved');
    await store.commit('moved', { idempotencyKey: commitId(), append });
    const deadline = await leave('moved', 300_000);
    await touch(revision);
    expect(await deadlines('moved')).toEqual([deadline, deadline]);
    await store.clear('moved');
    const [, retention] = await deadlines('moved');
    await touch(revision);
    await touch('0');
    await store.read('moved');
    expect(await deadlines('moved')).toEqual([-2, retention]);
  });
});

import { SessionError } from '@agent-sessions/session-core';
import { RedisStore, type NodeRedisClient } from '../src';
import { IDS_PER_HALF } from '../src/layout/state';
import { REMEMBER_MS } from '../src/scripts/bookkeeping';
import { commitId, TestRedis } from './support/redis';
import { changeState, stateOf } from './support/state';

const redis = new TestRedis();
beforeAll(redis.connect);
afterAll(redis.close);

const KEPT_AT_MOST = 2 * IDS_PER_HALF;
const [A, B] = ['{"a":1}', '{"b":1}'];

/** Others' commits, which leave the list as it is but for B at its end. */
async function others(sessionId: string, count: number): Promise<void> {
  const store = redis.store({ timeoutMs: 600_000 });
  for (let left = count; left > 0; left -= 500) {
    const batch = Array.from({ length: Math.min(left, 500) }, () =>
      store.commit(sessionId, { idempotencyKey: commitId(), append: [B], drop: 1 }),
    );
    await Promise.all(batch);
  }
}

/** Lets so much time pass as far as the ids of a session's commits are concerned. */
async function pass(sessionId: string, ms: number): Promise<void> {
  const { meta } = redis.keys(sessionId);
  const { shrunk, turned, forgotten, sequenceNumber } = await stateOf(redis.client, meta);
  const earlier = (time: number): number => Math.max(0, time - ms * 1_000);
  await changeState(redis.client, meta, {
    shrunk: earlier(shrunk),
    turned: earlier(turned),
    forgotten: earlier(forgotten),
    sequenceNumber: earlier(sequenceNumber),
  });
}

/** A store whose first script takes effect, but whose answer is lost; meanwhile, something happens. */
function losesFirstAnswer(meanwhile: () => Promise<unknown>): { store: RedisStore; scripts: () => number } {
  let scripts = 0;
  const client: NodeRedisClient = {
    isOpen: true,
    withCommandOptions: (options) => {
      const commands = redis.client.withCommandOptions(options);
      return Object.assign(commands, {
        evalSha: async (sha1: string, call: { keys: string[]; arguments: (string | Buffer)[] }) => {
          const isFirst = ++scripts === 1;
          const reply: unknown = await redis.client.withCommandOptions(options).evalSha(sha1, call);
          if (!isFirst) return reply;
          await meanwhile();
          throw new Error('Socket closed unexpectedly');
        },
      });
    },
  };
  const store = new RedisStore({ client, keyPrefix: redis.keyPrefix, timeoutMs: 600_000 });
  return { store, scripts: () => scripts };
}

const fields = async (sessionId: string): Promise<string[]> => redis.client.hKeys(redis.keys(sessionId).meta);
const idsOf = async (sessionId: string): Promise<number> =>
  (await fields(sessionId)).filter((field) => field.startsWith('c:')).length;
const records = async (sessionId: string) => (await redis.store().read(sessionId)).records;

test('however many quick commits there are, they leave at most 2,000 ids, and 400 KB', async () => {
  const { meta, items } = redis.keys('burst');
  const sizes: number[] = [];
  for (let round = 0; round < 10; round++) {
    await others('burst', 2_000);
    sizes.push(Number(await redis.client.memoryUsage(meta, { SAMPLES: 0 })));
    expect(await idsOf('burst')).toBeLessThanOrEqual(KEPT_AT_MOST);
  }
  expect(Math.max(...sizes)).toBeLessThan(400_000);
  expect(await redis.client.lLen(items)).toBe(1);
  // And a clear does not bring them back.
  await redis.store().clear('burst');
  expect(await idsOf('burst')).toBeLessThanOrEqual(KEPT_AT_MOST);
}, 120_000);

test('a session that is written now and then keeps the ids of its last turns only', async () => {
  for (let turn = 0; turn < 5; turn++) {
    await others('calm', 10);
    expect(await idsOf('calm')).toBeLessThanOrEqual(20);
    await pass('calm', REMEMBER_MS);
  }
});

describe('a commit whose answer was lost', () => {
  const change = () => ({ idempotencyKey: commitId(), append: [A] });

  test('is recognised after 1,000 others', async () => {
    const { store, scripts } = losesFirstAnswer(() => others('thousand', IDS_PER_HALF));
    await redis.store().commit('thousand', change());
    const { revision: lastSeen } = await redis.store().read('thousand');
    expect(await store.commit('thousand', { ...change(), lastSeen })).toMatchObject({ status: 'committed' });
    expect(scripts()).toBe(2);
    expect(await records('thousand')).toEqual([A, B]);
  });

  test('is recognised for 40 minutes, while few others write', async () => {
    const { store } = losesFirstAnswer(async () => {
      for (const minutes of [1, 9, 20, 9]) {
        await pass('slow', minutes * 60_000);
        await others('slow', 10);
      }
    });
    await redis.store().commit('slow', change());
    expect(await store.commit('slow', change())).toMatchObject({ status: 'committed' });
    expect(await records('slow')).toEqual([A, B]);
  });

  test.each([
    ['with a hint of what was there', true],
    ['without', false],
  ])('and whose id is forgotten is not made again (%s): STORE_UNAVAILABLE', async (_what, hasHint) => {
    const id = `forgotten ${hasHint}`;
    await redis.store().commit(id, change());
    const { revision } = await redis.store().read(id);
    const { store, scripts } = losesFirstAnswer(() => others(id, KEPT_AT_MOST + 10));
    const retried = store.commit(id, { ...change(), ...(hasHint && { lastSeen: revision }) });
    await expect(retried).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(retried).rejects.toThrow('no longer known');
    expect(scripts()).toBe(2);
    expect(await records(id)).toEqual([A, B]);
  });

  test.each([0, 1, 50])(
    'and whose hash is evicted is not made again (%d others): STORE_UNAVAILABLE',
    async (count) => {
      const id = `evicted ${count}`;
      await redis.store().commit(id, change());
      const { store } = losesFirstAnswer(async () => {
        await redis.client.del(redis.keys(id).meta);
        await others(id, count);
      });
      await expect(store.commit(id, change())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(await records(id)).toEqual([A, count === 0 ? A : B]);
    },
  );

  test('and whose session is evicted is made: there is nothing to double', async () => {
    const { store } = losesFirstAnswer(() => redis.client.del(Object.values(redis.keys('all gone'))));
    expect(await store.commit('all gone', change())).toMatchObject({ status: 'committed' });
    expect(await records('all gone')).toEqual([A]);
  });

  test('a clear likewise deletes nothing that was appended since', async () => {
    const { meta } = redis.keys('cleared');
    await redis.store().commit('cleared', change());
    const { store } = losesFirstAnswer(async () => {
      await redis.store().commit('cleared', { idempotencyKey: commitId(), append: [B] });
      await redis.client.del(meta);
    });
    const retried = await store.clear('cleared').catch((error: unknown) => error);
    expect(SessionError.is(retried, 'STORE_UNAVAILABLE')).toBe(true);
    expect(await records('cleared')).toEqual([B]);
  });
});

describe('where ids are forgotten before their time', () => {
  const hot = async (id: string): Promise<void> => {
    await redis.store().commit(id, { idempotencyKey: commitId(), append: [A, B] });
    await others(id, KEPT_AT_MOST + 10);
  };
  /** How many scripts it takes. */
  const scriptsOf = async (call: (store: RedisStore) => Promise<unknown>): Promise<number> => {
    let scripts = 0;
    const client: NodeRedisClient = {
      isOpen: true,
      withCommandOptions: (options) =>
        Object.assign(redis.client.withCommandOptions(options), {
          evalSha: (...args: Parameters<typeof redis.client.evalSha>) => {
            scripts++;
            return redis.client.withCommandOptions(options).evalSha(...args);
          },
        }),
    };
    await call(new RedisStore({ client, keyPrefix: redis.keyPrefix }));
    return scripts;
  };
  const append = (id: string, lastSeen?: string) => (store: RedisStore) =>
    store.commit(id, {
      idempotencyKey: commitId(),
      append: [B],
      ...(lastSeen !== undefined && { lastSeen }),
    });

  test('a writer that has not read for long asks once more, and is in, once', async () => {
    await hot('hot');
    expect(await scriptsOf(append('hot'))).toBe(2);
    expect(await records('hot')).toEqual([A, B, B]);
    expect(await scriptsOf(append('hot', (await redis.store().read('hot')).revision))).toBe(1);
    const { revision: ifRevision } = await redis.store().read('hot');
    expect(
      await scriptsOf((store) =>
        store.commit('hot', { idempotencyKey: commitId(), append: [B], ifRevision }),
      ),
    ).toBe(1);
    expect(await records('hot')).toEqual([A, B, B, B, B]);
    expect(await scriptsOf((store) => store.clear('hot'))).toBe(2);
    expect(await records('hot')).toEqual([]);
  });

  test('until no retry of those can arrive any more', async () => {
    await hot('cooled');
    await pass('cooled', REMEMBER_MS);
    await redis.store().commit('cooled', { idempotencyKey: commitId(), append: [B] });
    expect(await scriptsOf(append('cooled'))).toBe(1);
  });

  test('an outdated condition is still a conflict', async () => {
    await redis.store().commit('outdated', { idempotencyKey: commitId(), append: [A] });
    const { revision: ifRevision } = await redis.store().read('outdated');
    await hot('outdated');
    const result = await redis
      .store()
      .commit('outdated', { idempotencyKey: commitId(), append: [A], ifRevision });
    expect(result).toEqual({ status: 'conflict' });
  });
});

test('what a clear leaves behind are ids of recent commits, for 40 minutes', async () => {
  const store = redis.store();
  const { items, meta } = redis.keys('tombstone');
  const operation = { id: 'op', fingerprint: 'print' };
  const changes = ['one', 'two'].map((idempotencyKey) => ({ idempotencyKey, append: [A] }));
  for (const change of changes) await store.commit('tombstone', change);
  await store.commit('tombstone', { idempotencyKey: 'three', append: [], operation });
  await redis.client.hSet(meta, 'foreign', 'x');
  await store.clear('tombstone');
  expect(await redis.client.exists(items)).toBe(0);
  const left = await redis.client.hGetAll(meta);
  expect(
    Object.keys(left)
      .filter((field) => !field.startsWith('c:'))
      .sort(),
  ).toEqual(['state']);
  expect(Object.keys(left)).toEqual(expect.arrayContaining(['c:one', 'c:two', 'c:three']));
  const time = await redis.client.pTTL(meta);
  expect(Math.abs(time - REMEMBER_MS)).toBeLessThan(10_000);

  for (const change of changes)
    expect(await store.commit('tombstone', change)).toMatchObject({ status: 'committed' });
  expect(await records('tombstone')).toEqual([]);
  await store.commit('tombstone', { idempotencyKey: 'four', append: [B] });
  expect(await redis.client.pTTL(meta)).toBe(-1);
  // Its revision is not the one that the session is at.
  const again = await store.commit('tombstone', { idempotencyKey: 'one', append: [A] });
  expect(again).not.toEqual({ status: 'committed', revision: (await store.read('tombstone')).revision });
});

test('a clear keeps the ids of both halves, and forgets thousands of operations', async () => {
  const { meta } = redis.keys('operations');
  await redis.store().commit('operations', { idempotencyKey: commitId(), append: [B] });
  await others('operations', IDS_PER_HALF + 200);
  const operations = Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`o:${index}`, 'f']));
  await redis.client.hSet(meta, operations);
  const ids = await idsOf('operations');
  await redis.store().clear('operations');
  expect(await idsOf('operations')).toBe(ids + 1);
  expect((await fields('operations')).sort().slice(-2)).toEqual(['state', 'turn']);
  expect((await fields('operations')).length).toBe(ids + 1 + 2);
});

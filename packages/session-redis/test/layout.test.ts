import { RedisStore } from '../src';
import { toRecord } from '../src/layout/elements';
import { commitId, TestRedis } from './support/redis';
import { changeState, packEntry, packState, parseState, stateOf } from './support/state';

const redis = new TestRedis();
beforeAll(redis.connect);
afterAll(redis.close);

const buffers = redis.client.withTypeMapping({ 36: Buffer });

test('a session is a list of its records, each with its time, and a hash', async () => {
  const store = redis.store();
  const before = Date.now();
  const operation = { id: 'op', fingerprint: 'print' };
  await store.commit('layout', { idempotencyKey: 'first', append: ['{"a":"ä💥"}', '{"b":2}'], operation });
  const { items, meta } = redis.keys('layout');

  expect((await redis.client.keys(`${redis.keyPrefix}:*`)).sort()).toEqual([items, meta]);
  const elements = await redis.client.lRange(items, 0, -1);
  const [time = ''] = elements[0]?.split('\t').slice(-1) ?? [];
  expect(elements).toEqual([`{"a":"ä💥"}\t${time}`, `{"b":2}\t${time}`]);
  expect(Number(time)).toBeGreaterThanOrEqual(before);
  expect(Number(time)).toBeLessThanOrEqual(Date.now());
  const { sequenceNumber: seq, turned } = await stateOf(redis.client, meta);
  const now = Number((await redis.client.time())[0]) * 1_000;
  expect(Math.abs(seq / 1_000 - now)).toBeLessThan(10_000);
  expect(turned).toBe(seq);
  const bytes = Buffer.byteLength(elements.join(''));
  const begun = { format: 1, bytes, shrunk: seq, count: 1, others: 0, turned, forgotten: 0 };
  const state = packState({ ...begun, sequenceNumber: seq, length: 2, id: 'first' });
  expect(parseState(state)).toMatchObject(begun);
  expect({ ...(await buffers.hGetAll(meta)) }).toEqual({
    state,
    began: Buffer.from(`${seq}`),
    'c:first': packEntry(seq, 2, ''),
    'o:op': Buffer.from('print'),
  });
  await store.commit('layout', { idempotencyKey: 'second', append: ['{}'] });
  const second = await stateOf(redis.client, meta);
  expect(await buffers.hGet(meta, 'c:second')).toEqual(packEntry(second.sequenceNumber, 3, 'first'));
  expect(second).toMatchObject({ shrunk: seq, count: 2, length: 3, id: 'second' });
  expect(await redis.client.hGet(meta, 'began')).toBe(`${seq}`);
});

test('the beginning stays; the revision begins with the time of the commit, or one more than the last', async () => {
  const store = redis.store();
  const { meta } = redis.keys('times');
  const began = () => redis.client.hGet(meta, 'began');
  await store.commit('times', { idempotencyKey: commitId(), append: ['{}'] });
  const first = await began();
  const numbers: bigint[] = [];
  for (let count = 0; count < 50; count++) {
    await Promise.all(
      [1, 2, 3].map(() => store.commit('times', { idempotencyKey: commitId(), append: ['{}'] })),
    );
    numbers.push(BigInt((await store.read('times')).revision.split('.')[0] ?? ''));
  }
  expect(await began()).toBe(first);
  expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0n))).toBe(true);
  // As where the clock is behind that of the master before.
  const ahead = (Date.now() + 600_000) * 1_000;
  await changeState(redis.client, meta, { sequenceNumber: ahead });
  await store.commit('times', { idempotencyKey: commitId(), append: ['{}'] });
  expect((await store.read('times')).revision).toMatch(new RegExp(`^${ahead + 1}\\.`));
});

test('bytes are stored as bytes, behind one 0xff', async () => {
  await redis.store().commit('bytes', { idempotencyKey: commitId(), append: [Uint8Array.of(0, 0xff, 10)] });
  const [element = ''] = await buffers.lRange(redis.keys('bytes').items, 0, -1);
  expect(element.slice(0, -14)).toEqual(Buffer.from([0xff, 0, 0xff, 10]));
  expect(element.slice(-14).toString()).toMatch(/^\t\d{13}$/);
});

test('a record that ends like a time, and one put there without a time, come back as they are', async () => {
  const store = redis.store();
  const records = [
    '{}\t1700000000000',
    '\t1700000000000',
    '',
    '1700000000000',
    new Uint8Array(14).fill(0x39),
  ];
  await store.commit('ends', { idempotencyKey: commitId(), append: records });
  expect((await store.read('ends')).records).toEqual(records);
  for (const record of ['', '{}', '1700000000000', '{}\t170000000000x', '{"a":\t1}']) {
    expect(toRecord(Buffer.from(record))).toBe(record);
  }
});

test('an element that is neither ours nor UTF-8 comes back as its bytes, and the others with it', async () => {
  const store = redis.store();
  const { items } = redis.keys('foreign');
  await store.commit('foreign', { idempotencyKey: commitId(), append: ['{"a":1}', '{"b":1}', '{"c":1}'] });
  const element = Buffer.from('{"b":"\xe4"}', 'latin1');
  await redis.client.lSet(items, 1, element);
  const { records } = await store.read('foreign');
  expect(records).toEqual(['{"a":1}', new Uint8Array(element), '{"c":1}']);
});

test.each([
  ['plain', 'plain'],
  ['{a}', '%7Ba%7D'],
  ['%7Ba%7D', '%257Ba%257D'],
  ['}{', '%7D%7B'],
  ['a{b}c{}', 'a%7Bb%7Dc%7B%7D'],
  ['a b\n%:*?[x]💥', 'a b\n%25:*?[x]💥'],
])('the id %j is the hash tag %j', async (id, tag) => {
  await redis.store().commit(id, { idempotencyKey: commitId(), append: ['{"a":1}'] });
  const { items, meta } = redis.keys(tag);
  expect(await redis.client.exists([items, meta])).toBe(2);
});

test('both keys expire at the same moment, which every write extends', async () => {
  const { items, meta } = redis.keys('ttl');
  const deadlines = (): Promise<number[]> =>
    Promise.all([redis.client.pExpireTime(items), redis.client.pExpireTime(meta)]);

  await redis.store({ ttlSeconds: 100 }).commit('ttl', { idempotencyKey: commitId(), append: ['{}', '{}'] });
  const [first = 0, firstOfMeta] = await deadlines();
  expect(firstOfMeta).toBe(first);
  expect(Math.abs(first - Date.now() - 100_000)).toBeLessThan(10_000);

  await redis.store({ ttlSeconds: 1_000 }).commit('ttl', { idempotencyKey: commitId(), append: [], drop: 1 });
  const [second = 0, secondOfMeta] = await deadlines();
  expect(secondOfMeta).toBe(second);
  expect(Math.abs(second - Date.now() - 1_000_000)).toBeLessThan(10_000);

  await redis.store().commit('ttl', { idempotencyKey: commitId(), append: ['{}'] });
  expect(await deadlines()).toEqual([-1, -1]);
});

test('the longest ttlSeconds is kept exactly', async () => {
  const longest = 946_080_000;
  await redis.store({ ttlSeconds: longest }).commit('long', { idempotencyKey: commitId(), append: ['{}'] });
  const deadline = await redis.client.pExpireTime(redis.keys('long').items);
  expect(Math.abs(deadline - Date.now() - longest * 1_000)).toBeLessThan(10_000);
});

test('reading and conflicts extend nothing', async () => {
  const store = redis.store({ ttlSeconds: 100 });
  const { items, meta } = redis.keys('quiet');
  await store.commit('quiet', { idempotencyKey: commitId(), append: ['{}'] });
  const deadline = Date.now() + 50_000;
  for (const key of [items, meta]) await redis.client.pExpireAt(key, deadline);
  await store.read('quiet');
  await store.read('quiet', { last: 1 });
  expect(
    await store.commit('quiet', { idempotencyKey: commitId(), append: ['{}'], ifRevision: 'x' }),
  ).toEqual({
    status: 'conflict',
  });
  expect([await redis.client.pExpireTime(items), await redis.client.pExpireTime(meta)]).toEqual([
    deadline,
    deadline,
  ]);
});

test('the hash of an ordinary session stays compact', async () => {
  const store = redis.store();
  for (let turn = 0; turn < 100; turn++) {
    const operation = { id: `operation-${turn}`.padEnd(22, '-'), fingerprint: 'f'.repeat(22) };
    await store.commit('compact', { idempotencyKey: `${turn}`.padEnd(22, '-'), append: ['{}'], operation });
  }
  expect(await redis.client.objectEncoding(redis.keys('compact').meta)).toBe('listpack');
});

test('the prefix is an option', async () => {
  const keyPrefix = `${redis.keyPrefix}:other prefix%`;
  await redis.store({ keyPrefix }).commit('a', { idempotencyKey: commitId(), append: ['{}'] });
  expect(await redis.client.exists([`${keyPrefix}:{a}:items`, `${keyPrefix}:{a}:meta`])).toBe(2);
  expect((await redis.store().read('a')).records).toEqual([]);
});

test.each([[''], ['a{b'], ['a}b'], ['a\ud800'], [7], [null]])('the prefix %j is refused', (keyPrefix) => {
  expect(() => redis.store({ keyPrefix: keyPrefix as string })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
  );
});

test('the prefix is openai_agents_session unless another is given', async () => {
  await new RedisStore({ client: redis.client }).commit(redis.keyPrefix, {
    idempotencyKey: commitId(),
    append: ['{}'],
  });
  const keys = ['items', 'meta'].map((end) => `openai_agents_session:{${redis.keyPrefix}}:${end}`);
  expect(await redis.client.del(keys)).toBe(2);
});

import { NO_HISTORY } from '@agent-sessions/session-core/store';
import { commitId, TestRedis } from './support/redis';
import { changeState } from './support/state';

/* What the hash tells of a session, and what it does not where somebody else has had a hand in it. */

const redis = new TestRedis();
beforeAll(redis.connect);
afterAll(redis.close);

const RECORDS = ['{"text":"ä"}', '{"text":"b"}', '{"text":"c"}'];
/** Of each element: a tab, and 13 digits. */
const TIME_BYTES = 14;
const UNKNOWN = { createdAt: undefined, updatedAt: undefined, expiresAt: undefined };

async function filled(sessionId: string): Promise<{ items: string; meta: string }> {
  const store = redis.store();
  for (const record of RECORDS) {
    await store.commit(sessionId, { idempotencyKey: commitId(), append: [record] });
  }
  return redis.keys(sessionId);
}

async function serverTime(): Promise<number> {
  const [seconds, microseconds] = (await redis.client.sendCommand(['TIME'])) as unknown as string[];
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}

test('bytes are those of the list, and times are the server’s', async () => {
  const before = await serverTime();
  const store = redis.store({ ttlSeconds: 1_000 });
  await filled('whole');
  const binary = Uint8Array.of(1, 2, 3);
  await store.commit('whole', { idempotencyKey: commitId(), append: [binary] });
  const after = await serverTime();
  const { items, bytes, createdAt, updatedAt, expiresAt } = await store.describe('whole');
  const texts = RECORDS.reduce((sum, record) => sum + Buffer.byteLength(record) + TIME_BYTES, 0);
  expect({ items, bytes }).toEqual({ items: 4, bytes: texts + binary.length + 1 + TIME_BYTES });
  const times = [before, createdAt?.getTime(), updatedAt?.getTime(), after];
  expect(times).toEqual(times.toSorted((one, other) => (one ?? NaN) - (other ?? NaN)));
  const deadline = await redis.client.pExpireTime(redis.keys('whole').meta);
  // the server rounds what is left, and reads its clock twice
  expect(Math.abs((expiresAt?.getTime() ?? NaN) - deadline)).toBeLessThanOrEqual(10);
});

test('what a drop takes off does not count', async () => {
  await filled('dropped');
  const store = redis.store();
  await store.commit('dropped', { idempotencyKey: commitId(), append: [], drop: 2 });
  const [kept = ''] = RECORDS;
  expect(await store.describe('dropped')).toMatchObject({
    items: 1,
    bytes: Buffer.byteLength(kept) + TIME_BYTES,
  });
});

test('the hash that a cleared session leaves for a while tells nothing', async () => {
  const { meta } = await filled('cleared');
  await redis.store().clear('cleared');
  expect(await redis.client.pTTL(meta)).toBeGreaterThan(0);
  expect(await redis.store().describe('cleared')).toEqual({
    items: 0,
    bytes: 0,
    revision: NO_HISTORY,
    ...UNKNOWN,
  });
});

test.each<[string, (keys: { items: string; meta: string }) => Promise<unknown>, number]>([
  ['the list is gone', ({ items }) => redis.client.del(items), 0],
  ['the hash is gone', ({ meta }) => redis.client.del(meta), 3],
  ['a record was added', ({ items }) => redis.client.rPush(items, 'x'), 4],
  ['a record was removed', ({ items }) => redis.client.lTrim(items, 1, -1), 2],
  ['the state is text', ({ meta }) => redis.client.hSet(meta, { state: 'x'.repeat(60) }), 3],
  ['the length is another', ({ meta }) => changeState(redis.client, meta, { length: 7 }), 3],
])('where %s, what is left is described, and what nobody knows is not', async (what, inflict, items) => {
  const keys = await filled(what);
  const { revision: before } = await redis.store().read(what);
  await inflict(keys);
  const { revision, ...told } = await redis.store().describe(what);
  expect(told).toEqual({ items, bytes: undefined, ...UNKNOWN });
  expect([before, NO_HISTORY]).not.toContain(revision);
  expect((await redis.store().describe(what)).revision).not.toBe(revision);
});

test('where the hash is gone, what is left expires when its list does', async () => {
  const { items, meta } = await filled('hash lost');
  await redis.client.pExpireAt(items, Date.now() + 500_000);
  await redis.client.del(meta);
  const { expiresAt } = await redis.store().describe('hash lost');
  const deadline = await redis.client.pExpireTime(items);
  expect(Math.abs((expiresAt?.getTime() ?? NaN) - deadline)).toBeLessThanOrEqual(10);
});

test('bytes that nobody knows are not told, and the next commit that counts them tells them', async () => {
  const { meta } = await filled('uncounted');
  const store = redis.store();
  const { bytes } = await store.describe('uncounted');
  await changeState(redis.client, meta, { bytes: 2 ** 40 - 1 });
  expect(await store.describe('uncounted')).toMatchObject({ items: 3, bytes: undefined });
  await store.commit('uncounted', {
    idempotencyKey: commitId(),
    append: [],
    operation: { id: 'o', fingerprint: 'f' },
  });
  expect(await store.describe('uncounted')).toMatchObject({ items: 3, bytes });
});

test.each(['', 'x', '-1', '1e3', '9'.repeat(17), '9000000000000001', ' 1'])(
  'a beginning that reads %j is not told',
  async (began) => {
    const { meta } = await filled(`began ${began}`);
    await redis.client.hSet(meta, { began });
    const { createdAt, updatedAt } = await redis.store().describe(`began ${began}`);
    expect(createdAt).toBeUndefined();
    expect(updatedAt).toEqual(expect.any(Date));
  },
);

test('a later format is told as one, and keys of another type as keys', async () => {
  const { meta } = await filled('later');
  await changeState(redis.client, meta, { format: 2 });
  await expect(redis.store().describe('later')).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
  await redis.client.set(redis.keys('string').meta, 'x');
  await expect(redis.store().describe('string')).rejects.toMatchObject({ code: 'STORE_MISCONFIGURED' });
});

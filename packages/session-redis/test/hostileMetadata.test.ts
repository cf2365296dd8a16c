import { redisCommand, startRedis, type RedisEngine } from '@agent-sessions/engines';
import { SessionError } from '@agent-sessions/session-core/store';
import fc from 'fast-check';
import { createClient } from 'redis';
import { RedisStore } from '../src';
import { sessionKeys } from '../src/layout/keys';
import { commitId } from './support/redis';

/*
 * Whoever may write the keys of a session may write anything there. That must not reach further than the session: the
 * server, which others share, goes on answering, and the session itself reads as what is left, loses nothing that it
 * acknowledges from then on, and doubles nothing.
 */

const keyPrefix = 'hostile';
/** Numbers that a script may take for one of its own, and what Lua's tonumber takes for a number besides. */
const NUMBERS = [
  ...[
    '-1',
    '-1e17',
    '1e17',
    '1e308',
    '-1e308',
    '1e400',
    'nan',
    '-nan',
    'inf',
    '-inf',
    '0x10',
    '0x1p4',
    ' 7 ',
  ],
  ...['9007199254740991', '-9007199254740992', '9007199254740993', '99999999999999999999', '9'.repeat(400)],
  ...['0', '-0', '', ' ', '.', '1.5', '٣', '1 2', 'a 1 2 3 4 5 6', '\u0000', '\ud7ff', 'x'.repeat(100_000)],
] as const;

let server: RedisEngine;
let client: ReturnType<typeof connect>;
const connect = () => createClient({ url: server.url }).on('error', () => undefined);

beforeAll(async () => {
  server = await startRedis({});
  client = connect();
  await client.connect();
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const store = () => new RedisStore({ client, keyPrefix, timeoutMs: 5_000 });
const [A, B] = ['{"a":1}', '{"b":1}'];

/** Fails where the server is busy with something else. */
const expectResponsive = async (): Promise<void> => {
  expect(await redisCommand(server, 'PING')).toBe('PONG');
};

/** Appends so many records, and expects each to be there, once, behind what was there before. */
async function expectToGoOn(sessionId: string, count: number): Promise<void> {
  const before = (await store().read(sessionId)).records;
  const added: string[] = [];
  for (let index = 0; index < count; index++) {
    const record = `{"added":${index}}`;
    const result = await store().commit(sessionId, { idempotencyKey: commitId(), append: [record] });
    expect(result.status).toBe('committed');
    added.push(record);
    const read = await store().read(sessionId);
    expect(read.records).toEqual([...before, ...added]);
    expect(result.status === 'committed' && result.revision).toBe(read.revision);
    expect(await store().read(sessionId, { last: 1 })).toEqual({ ...read, records: [record] });
  }
}

/** The fields of a session of some commits, operations and a clear. */
async function grow(sessionId: string): Promise<string[]> {
  for (let count = 0; count < 3; count++) {
    const operation = { id: `operation-${count}`, fingerprint: 'print' };
    await store().commit(sessionId, { idempotencyKey: commitId(), append: [A, B], operation });
  }
  return client.hKeys(sessionKeys(keyPrefix, sessionId)[1]);
}

test.each(NUMBERS)('every field of the hash, one after the other, is %j', async (value) => {
  const sessionId = `each ${value.slice(0, 50)}`;
  const [, meta] = sessionKeys(keyPrefix, sessionId);
  for (const field of await grow(sessionId)) {
    await client.hSet(meta, field, value);
    await expectToGoOn(sessionId, 2);
  }
  await expectResponsive();
  await client.hSet(meta, Object.fromEntries((await client.hKeys(meta)).map((field) => [field, value])));
  await expectToGoOn(sessionId, 2);
  await store().clear(sessionId);
  expect((await store().read(sessionId)).records).toEqual([]);
  await expectToGoOn(sessionId, 2);
  await expectResponsive();
});

/** The numbers of each field that has several, one after the other. */
test.each(NUMBERS)('every number in every field, one after the other, is %j', async (value) => {
  const sessionId = `part ${value.slice(0, 50)}`;
  const [, meta] = sessionKeys(keyPrefix, sessionId);
  await grow(sessionId);
  for (const [field, text] of Object.entries(await client.hGetAll(meta))) {
    for (const { 0: digits, index } of text.matchAll(/\d+/g)) {
      await client.hSet(meta, field, `${text.slice(0, index)}${value}${text.slice(index + digits.length)}`);
      await expectToGoOn(sessionId, 2);
    }
  }
  await expectResponsive();
});

test('a field of operations with an empty name stops no plain append', async () => {
  const [, meta] = sessionKeys(keyPrefix, 'nameless');
  await store().commit('nameless', { idempotencyKey: commitId(), append: [A] });
  await client.hSet(meta, { 'o:': '', 'c:': '1.1', '': '' });
  await expectToGoOn('nameless', 3);
});

test('a revision that no text can hold is no revision: what rests on it conflicts once', async () => {
  const [, meta] = sessionKeys(keyPrefix, 'bytes');
  await store().commit('bytes', { idempotencyKey: commitId(), append: [A] });
  for (const revision of ['1.1.\xff', `1.1.${'x'.repeat(1_000)}`, '1.1.', '1.1.a b']) {
    await client.hSet(meta, 'state', Buffer.from(`1 1 ${revision}`, 'latin1'));
    const statuses: string[] = [];
    for (let tries = 0; tries < 3; tries++) {
      const { revision } = await store().read('bytes');
      expect(revision.length).toBeLessThan(200);
      const change = { idempotencyKey: commitId(), append: [B], drop: 1, ifRevision: revision };
      statuses.push((await store().commit('bytes', change)).status);
    }
    expect(statuses).toEqual(['conflict', 'committed', 'committed']);
  }
});

test.each(['9223372036854775807', '100000000000000000', '8000000000000000'])(
  'a deadline at %s: a commit that keeps it is whole',
  async (far) => {
    const sessionId = `far ${far}`;
    const keys = sessionKeys(keyPrefix, sessionId);
    await store().commit(sessionId, { idempotencyKey: commitId(), append: [A] });
    for (const key of keys) await client.sendCommand(['PEXPIREAT', key, far]);
    const keeping = new RedisStore({ client, keyPrefix, ttlSeconds: 60, ttlRefresh: 'never' });
    for (let count = 2; count <= 3; count++) {
      expect(
        (await keeping.commit(sessionId, { idempotencyKey: commitId(), append: [B], drop: 'all' })).status,
      ).toBe('committed');
      expect((await keeping.read(sessionId)).records).toEqual([B]);
    }
    await client.del(keys[1]);
    const conditional = { idempotencyKey: commitId(), append: [B], ifRevision: 'x' };
    expect((await keeping.commit(sessionId, conditional)).status).toBe('conflict');
    expect((await keeping.commit(sessionId, { idempotencyKey: commitId(), append: [A] })).status).toBe(
      'committed',
    );
    expect((await keeping.read(sessionId)).records).toEqual([B, A]);
  },
);

test('ids that are due to go, whose places hold anything: at most as many as fit are looked at', async () => {
  const [, meta] = sessionKeys(keyPrefix, 'places');
  await store().commit('places', { idempotencyKey: commitId(), append: [A] });
  const now = Date.now() * 1_000;
  for (const [half, emptied] of ['ab', 'ba']) {
    for (const place of ['', '\u0000', 'x'.repeat(1_000)]) {
      const junk = Object.fromEntries(
        Array.from({ length: 1_200 }, (_, index) => [`${emptied ?? ''}${index + 1}`, place]),
      );
      await client.hSet(meta, { ...junk, log: `0 0 ${half ?? ''} 1000 1000 ${now - 1e9} 0` });
      await expectToGoOn('places', 2);
      // The others are not in any place that counts.
      expect(
        (await client.hmGet(meta, [`${emptied ?? ''}1000`, `${emptied ?? ''}1001`])).map((id) => id !== null),
      ).toEqual([false, true]);
    }
  }
  await store().clear('places');
  expect(await client.hLen(meta)).toBeLessThan(4_010);
  await expectToGoOn('places', 2);
  await expectResponsive();
});

/** What a later version may have stored is refused, not junk: see bookkeeping.test.ts. */
const LATER_FORMAT = /^(?!0|1 )\d{1,3} /;

test('arbitrary junk in the hash', async () => {
  const name = fc.oneof(
    fc.constantFrom('state', 'log', 'a1', 'a2', 'a3', 'b1', 'b2', 'o:', 'c:'),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const number = fc.oneof(fc.constantFrom(...NUMBERS), fc.maxSafeInteger().map(String));
  const value = fc.oneof(
    number,
    fc.array(number, { minLength: 2, maxLength: 8 }).map((parts) => parts.join('.')),
    fc
      .tuple(
        fc.array(number, { maxLength: 3 }),
        fc.constantFrom('a', 'b', 'c'),
        fc.array(number, { maxLength: 5 }),
      )
      .map(([parts, half, more]) => [...parts, half, ...more].join(' ')),
    fc
      .tuple(number, number, number, number)
      .map(([format, began, seq, length]) => `${format} ${began} ${seq}.${length}.id`),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  let round = 0;
  const property = fc.asyncProperty(
    fc.array(
      fc.tuple(
        name,
        value.filter((text) => !LATER_FORMAT.test(text)),
      ),
      { minLength: 1, maxLength: 12 },
    ),
    fc.boolean(),
    async (junk, isAlone) => {
      const sessionId = `junk ${round++}`;
      const [, meta] = sessionKeys(keyPrefix, sessionId);
      if (!isAlone) await grow(sessionId);
      await client.hSet(meta, new Map(junk));
      await expectToGoOn(sessionId, 2);
      const retried = { idempotencyKey: commitId(), append: [A] };
      const landed = await store().commit(sessionId, retried);
      await client.hSet(meta, new Map(junk));
      const { records } = await store().read(sessionId);
      const again = await store()
        .commit(sessionId, retried)
        .catch((error: unknown) => error);
      // Recognised, or said to be unknown; never written twice.
      if (SessionError.is(again)) expect(again.code).toBe('STORE_UNAVAILABLE');
      else expect(again).toMatchObject({ status: landed.status });
      if (!junk.some(([field]) => field === `c:${retried.idempotencyKey}`)) {
        expect((await store().read(sessionId)).records).toEqual(records);
      }
      await store().clear(sessionId);
      expect((await store().read(sessionId)).records).toEqual([]);
      await expectResponsive();
    },
  );
  await fc.assert(property, { numRuns: 100 });
});

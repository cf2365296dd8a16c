import type {
  HistoryChange,
  Revision,
  StoredHistory,
  StoredRecord,
} from '@agent-sessions/session-core/store';
import { createClientPool } from 'redis';
import fc from 'fast-check';
import { RedisStore } from '../src';
import { commitId, TestRedis } from './support/redis';
import { stateOf } from './support/state';

/* What the hash says of a session besides its revision, for those who ask for less than all of it. */

const redis = new TestRedis();
beforeAll(redis.connect);
afterAll(redis.close);

const store = redis.store();

interface Bookkeeping {
  readonly began: number;
  readonly revision: Revision;
  readonly bytes: number;
  readonly shrunk: number;
}

async function bookkeepingOf(sessionId: string): Promise<Bookkeeping> {
  const { meta } = redis.keys(sessionId);
  const { sequenceNumber, length, id, bytes, shrunk } = await stateOf(redis.client, meta);
  const began = Number(await redis.client.hGet(meta, 'began'));
  return { began, revision: `${sequenceNumber}.${length}.${id}`, bytes, shrunk };
}

async function storedBytes(sessionId: string): Promise<number> {
  const elements = await redis.client
    .withTypeMapping({ 36: Buffer })
    .lRange(redis.keys(sessionId).items, 0, -1);
  return elements.reduce((sum, { length }) => sum + length, 0);
}

/** What a read says whose caller has the history up to a revision: whether that has only grown since, and all there is now. */
async function readAfter(sessionId: string, known: StoredHistory) {
  const { revision, records, after } = await store.read(sessionId, { after: known.revision });
  const hasGrown = after !== undefined;
  if (hasGrown) expect(after).toBe(known.revision);
  return { hasGrown, whole: { revision, records: hasGrown ? [...known.records, ...records] : records } };
}

async function hasOnlyGrownSince(sessionId: string, known: Revision): Promise<boolean> {
  return (await readAfter(sessionId, { records: [], revision: known })).hasGrown;
}

type Step =
  | { readonly kind: 'commit'; readonly drop: number | 'all'; readonly append: number }
  | {
      readonly kind: 'clear' | 'lose items' | 'lose meta' | 'lose both' | 'edit' | 'lose state' | 'conflict';
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      drop: fc.constant(0),
      append: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      drop: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant('all' as const)),
      append: fc.integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'clear',
        'lose items',
        'lose meta',
        'lose both',
        'edit',
        'lose state',
        'conflict' as const,
      ),
    }),
  },
);

/** What `bytes` is where nobody knows. */
const UNKNOWN = 2 ** 40 - 1;
let edits = 0;
let records = 0;
const newRecord = (): StoredRecord =>
  ++records % 3 === 0 ? Buffer.from(`${records}`.repeat(records % 20)) : `{"ä":${records}}`;

async function take(sessionId: string, current: Step): Promise<void> {
  const { items, meta } = redis.keys(sessionId);
  const commit = (change: Omit<HistoryChange, 'idempotencyKey'>) =>
    store.commit(sessionId, { idempotencyKey: commitId(), ...change });
  switch (current.kind) {
    case 'commit':
      await commit({ drop: current.drop, append: Array.from({ length: current.append }, newRecord) });
      break;
    case 'conflict':
      await commit({ append: [newRecord()], ifRevision: 'x' });
      break;
    case 'clear':
      await store.clear(sessionId);
      break;
    case 'edit':
      // More each time than a history of these steps has: what is replaced by as much goes unnoticed.
      await redis.client.rPush(items, new Array<string>(50 + edits++).fill('{"edited":1}'));
      break;
    case 'lose state':
      await redis.client.hDel(meta, 'state');
      break;
    default:
      await redis.client.del(
        { 'lose items': [items], 'lose meta': [meta], 'lose both': [items, meta] }[current.kind],
      );
  }
}

test('whatever happens: the bytes are counted, and what has only grown since a revision begins with what it was then', async () => {
  let round = 0;
  let yes = 0;
  const property = fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 15 }), async (steps) => {
    const sessionId = `steps ${round++}`;
    const seen: StoredHistory[] = [];
    let grownFrom = 0;
    let wasEdited = false;
    for (const current of steps) {
      await take(sessionId, current);
      const isAppend = current.kind === 'commit' && current.drop === 0;
      if (!isAppend) grownFrom = seen.length;
      for (const known of seen) {
        const { whole } = await readAfter(sessionId, known);
        expect(whole.records).toEqual((await store.read(sessionId)).records);
      }
      if (current.kind !== 'commit') {
        wasEdited = true;
        continue;
      }
      const now = await store.read(sessionId);
      const { began, revision, bytes, shrunk } = await bookkeepingOf(sessionId);
      expect(revision).toBe(now.revision);
      // What appends to whatever there is notices only then that there is something else.
      if (!(isAppend && wasEdited && bytes === UNKNOWN)) expect(bytes).toBe(await storedBytes(sessionId));
      wasEdited = bytes === UNKNOWN;
      expect(began).toBeLessThanOrEqual(Number(revision.split('.')[0]));
      expect(shrunk).toBeLessThanOrEqual(Number(revision.split('.')[0]));
      for (const [index, known] of seen.entries()) {
        const { hasGrown, whole } = await readAfter(sessionId, known);
        expect(whole).toEqual(now);
        if (index >= grownFrom) expect(hasGrown).toBe(true);
        if (hasGrown) yes++;
      }
      expect(await hasOnlyGrownSince(sessionId, now.revision)).toBe(true);
      seen.push(now);
    }
  });
  await fc.assert(property, { numRuns: 100 });
  expect(yes).toBeGreaterThan(50);
});

test('when a session began stays until it is cleared; a pop and an append leave a mark', async () => {
  await store.commit('life', { idempotencyKey: commitId(), append: ['{}', '{}'] });
  const first = await bookkeepingOf('life');
  expect(first.revision).toMatch(new RegExp(`^${first.began}\\.2\\.`));
  await store.commit('life', { idempotencyKey: commitId(), append: ['{}'] });
  expect(await hasOnlyGrownSince('life', first.revision)).toBe(true);
  await store.commit('life', { idempotencyKey: commitId(), append: [], drop: 'all' });
  await store.commit('life', { idempotencyKey: commitId(), append: ['{}', '{}', '{}'] });
  expect((await bookkeepingOf('life')).began).toBe(first.began);
  expect(await hasOnlyGrownSince('life', first.revision)).toBe(false);
  await store.clear('life');
  expect(await bookkeepingOf('life')).toMatchObject({ began: 0, bytes: 0 });
  await store.commit('life', { idempotencyKey: commitId(), append: ['{}', '{}', '{}'] });
  expect((await bookkeepingOf('life')).began).toBeGreaterThan(first.began);
  expect(await hasOnlyGrownSince('life', first.revision)).toBe(false);
});

test('a drop of more than the script counts at once is counted', async () => {
  const append = Array.from({ length: 2_345 }, newRecord);
  await store.commit('many', { idempotencyKey: commitId(), append });
  await store.commit('many', { idempotencyKey: commitId(), append: ['{}'], drop: 1_717 });
  expect((await bookkeepingOf('many')).bytes).toBe(await storedBytes('many'));
  await redis.client.hDel(redis.keys('many').meta, 'state');
  await store.commit('many', { idempotencyKey: commitId(), append: ['{}'] });
  expect((await bookkeepingOf('many')).bytes).toBe(await storedBytes('many'));
  await redis.client.rPush(redis.keys('many').items, '{}');
  await store.commit('many', { idempotencyKey: commitId(), append: ['{}'] });
  expect((await bookkeepingOf('many')).bytes).toBe(UNKNOWN);
  await store.commit('many', {
    idempotencyKey: commitId(),
    append: [],
    drop: 3,
    ifRevision: (await store.read('many')).revision,
  });
  expect((await bookkeepingOf('many')).bytes).toBe(await storedBytes('many'));
});

test.each([2, 10, 31])(
  'a session of format %d is UNSUPPORTED_FORMAT for every verb, and stays as it is',
  async (format) => {
    const pool = createClientPool({ url: process.env.REDIS_URL ?? '' });
    await pool.connect();
    for (const client of [redis.client, pool]) {
      const strict = new RedisStore({
        client,
        keyPrefix: redis.keyPrefix,
        ttlSeconds: 60,
        ttlRefresh: 'access',
      });
      const sessionId = `format ${format}`;
      const { items, meta } = redis.keys(sessionId);
      await store.commit(sessionId, { idempotencyKey: commitId(), append: ['{}', '{}'] });
      const state = await redis.client.withTypeMapping({ 36: Buffer }).hGet(meta, 'state');
      const { revision: ifRevision } = await store.read(sessionId);
      const first = Buffer.of(format);
      for (const later of [
        Buffer.concat([first, (state as Buffer).subarray(1)]),
        Buffer.concat([first, Buffer.from(' something else')]),
      ]) {
        await redis.client.hSet(meta, { state: later });
        const contents = async () => [
          await redis.client.hGetAll(meta),
          await redis.client.lRange(items, 0, -1),
        ];
        const before = await contents();
        for (const verb of [
          () => strict.read(sessionId),
          () => strict.read(sessionId, { last: 1 }),
          () => strict.commit(sessionId, { idempotencyKey: commitId(), append: ['{}'] }),
          () => strict.commit(sessionId, { idempotencyKey: commitId(), append: [], drop: 1, ifRevision }),
          () => strict.clear(sessionId),
        ]) {
          await expect(verb()).rejects.toMatchObject({
            code: 'UNSUPPORTED_FORMAT',
            message: expect.stringContaining(`format ${format}`) as string,
          });
        }
        expect(await contents()).toEqual(before);
      }
      await redis.client.del([items, meta]);
    }
    pool.destroy();
  },
);

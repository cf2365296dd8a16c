import { NO_HISTORY, type StoredHistory } from '@agent-sessions/session-core/store';
import fc from 'fast-check';
import type { AgentInputItem } from '@openai/agents';
import { DynamoDBSession, HistoryCache, type DynamoDBStore } from '../src';
import { measure } from './support/requests';
import { append, commit, large, newId } from './support/store';
import { headerOf, newClient, retold, TestTable, type Item } from './support/table';

/* What came after a revision: never anything but the rest of the history, and at the price of what is new. */

const table = new TestTable();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let now = Date.now();
const open = (ttlSeconds?: number): DynamoDBStore => table.open({ ttlSeconds }, () => now);

beforeAll(() => table.create());
afterAll(() => table.drop());

/** What a caller has after a read that asked for what came after what it had. */
async function readOn(store: DynamoDBStore, id: string, known: StoredHistory): Promise<StoredHistory> {
  const { records, revision, after } = await store.read(id, { after: known.revision });
  return { revision, records: after === known.revision ? [...known.records, ...records] : records };
}

/** By a reader that has seen nothing of the session yet, and by one that has, and asks twice. */
async function expectAsFresh(id: string, known: StoredHistory, seen = open()): Promise<void> {
  const whole = await open().read(id);
  expect(await readOn(open(), id, known)).toEqual(whole);
  expect(await readOn(seen, id, known)).toEqual(whole);
  expect(await readOn(seen, id, known)).toEqual(whole);
}

describe('is no wrong history', () => {
  /** Whatever is done to a session of three rows, two of which are known. */
  const changes: [string, (id: string) => Promise<unknown>][] = [
    ['nothing', () => Promise.resolve()],
    ['an append', (id) => append(open(), id, 'd')],
    ['appends', async (id) => [await append(open(), id, 'd'), await append(open(), id, 'e', 'f')]],
    ['a pop', (id) => commit(open(), id, { drop: 1 })],
    ['a pop of two', (id) => commit(open(), id, { drop: 2 })],
    [
      'a pop of what was new',
      async (id) => [await append(open(), id, 'd'), await commit(open(), id, { drop: 1 })],
    ],
    [
      'a pop beyond what was new',
      async (id) => [await append(open(), id, 'd'), await commit(open(), id, { drop: 2 })],
    ],
    ['a rewrite of the end', (id) => commit(open(), id, { drop: 1, append: ['x'] })],
    ['a compaction', (id) => commit(open(), id, { drop: 'all', append: ['x'] })],
    ['a compaction to as many', (id) => commit(open(), id, { drop: 'all', append: ['x', 'y', 'z'] })],
    ['a clear', (id) => open().clear(id)],
    [
      'a clear and appends',
      async (id) => {
        await open().clear(id);
        for (const record of ['x', 'y', 'z']) await append(open(), id, record);
      },
    ],
    [
      'the end of time of its tombstones, too',
      async (id) => {
        await open().clear(id);
        await table.delete(...(await table.rows(id)));
        for (const record of ['x', 'y', 'z', 'w']) await append(open(), id, record);
      },
    ],
    [
      'a restore to before, and other appends',
      async (id) => {
        await table.delete(...(await table.rows(id)).slice(1));
        for (const record of ['x', 'y', 'z']) await append(open(), id, record);
      },
    ],
    ['a restore to before', async (id) => table.delete(...(await table.rows(id)).slice(1))],
    ['a deletion of all', async (id) => table.delete(...(await table.rows(id)))],
    [
      'a deletion of all, and others',
      async (id) => {
        await table.delete(...(await table.rows(id)));
        for (let row = 0; row < 5; row++) await append(open(), id, `x${row}`);
      },
    ],
  ];

  test.each(changes)('after %s', async (_, change) => {
    const id = newId();
    await append(open(), id, 'a');
    const seen = open();
    const first = { records: ['a'], revision: (await seen.read(id)).revision };
    await append(open(), id, 'b', 'c');
    const known = await seen.read(id);
    await change(id);
    await expectAsFresh(id, known, seen);
    await expectAsFresh(id, first, seen);
  });

  test.each([2, 3])('where row %d of four was deleted, the known one or one behind it', async (version) => {
    const id = newId();
    for (const record of ['a', 'b']) await append(open(), id, record);
    const seen = open();
    const known = await seen.read(id);
    for (const record of ['c', 'd']) await append(open(), id, record);
    await table.delete((await table.rows(id))[version - 1] as Item);
    await expect(open().read(id)).rejects.toMatchObject({ code: 'STORE_FAILURE' });
    const read = readOn(open(), id, known);
    // What was deleted is known: nothing is missing.
    if (version === 2) expect((await read).records).toEqual(['a', 'b', 'c', 'd']);
    else await expect(read).rejects.toMatchObject({ code: 'STORE_FAILURE' });
  });

  test.each([0, 1, 2, 3, 4])('after an expiry, and %d rows later', async (rows) => {
    const id = newId();
    const [writer, seen] = [open(60), open(60)];
    await append(writer, id, 'a');
    await append(writer, id, 'b');
    const known = await seen.read(id);
    now += MINUTE;
    expect(await seen.read(id, { after: known.revision })).toEqual({ records: [], revision: NO_HISTORY });
    for (let row = 0; row < rows; row++) await append(open(60), id, `x${row}`);
    await expectAsFresh(id, known, seen);
  });

  test.each([0, 3])('where DynamoDB deletes late, in any order, and %d rows later', async (rows) => {
    const id = newId();
    for (const record of ['a', 'b', 'c']) await append(open(60), id, record);
    const seen = open(60);
    const known = await seen.read(id);
    now += 3 * HOUR;
    for (const row of (await table.rows(id)).reverse()) {
      await expectAsFresh(id, known, seen);
      await table.delete(row);
    }
    for (let row = 0; row < rows; row++) await append(open(60), id, `x${row}`);
    await expectAsFresh(id, known, seen);
  });

  test('where the log was put anew as one row', async () => {
    const id = newId();
    const store = open(7_200);
    for (const record of ['a', 'b']) await append(store, id, record);
    const seen = open(7_200);
    const known = await seen.read(id);
    for (let round = 0; round < 4; round++) {
      now += 1.9 * HOUR;
      await append(store, id, `${round}`);
      await expectAsFresh(id, known, seen);
    }
    const rows = await table.rows(id);
    expect(rows.some((row, index) => index > 0 && Number(headerOf(row).base) === index + 1)).toBe(true);
  });

  test('where reads have extended the session, and put its log anew', async () => {
    const id = newId();
    const extending = (): DynamoDBStore => table.open({ ttlSeconds: 7_200, ttlRefresh: 'access' }, () => now);
    for (const record of ['a', 'b']) await append(extending(), id, record);
    const known = await extending().read(id);
    let isRewritten = false;
    for (let round = 0; round < 6; round++) {
      now += 1.5 * HOUR;
      const read = await extending().read(id, { after: known.revision });
      expect(read).toEqual({ records: [], revision: known.revision, after: known.revision });
      const newest = (await table.rows(id)).at(-1);
      expect(headerOf(newest)).toMatchObject({ created: `${now}`, revision: known.revision });
      isRewritten ||= newest?.records !== undefined;
    }
    expect(isRewritten).toBe(true);
    await append(extending(), id, 'c');
    expect(await extending().read(id, { after: known.revision })).toMatchObject({
      records: ['c'],
      after: known.revision,
    });
    now += 2 * HOUR;
    expect(await extending().read(id, { after: known.revision })).toEqual({
      records: [],
      revision: NO_HISTORY,
    });
  });

  test('where a row behind the known one is damaged', async () => {
    const id = newId();
    await append(open(), id, 'a');
    const known = await open().read(id);
    await append(open(), id, 'b');
    await append(open(), id, 'c');
    const [, second, third] = (await table.rows(id)) as [Item, Item, Item];
    for (const damaged of [retold(third, { length: 9 }), retold(second, { counts: '7' })]) {
      await table.put(damaged);
      await expect(readOn(open(), id, known)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
      await table.put(second, third);
    }
    // One that does not name its predecessor proves nothing, and costs a whole read.
    for (const follows of ['-', 'x']) {
      await table.put(retold(second, { follows }));
      const read = await open().read(id, { after: known.revision });
      expect(read).toEqual({ records: ['a', 'b', 'c'], revision: read.revision });
    }
  });

  test('whatever is done to the session, in any order', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ append: fc.integer({ min: 1, max: 3 }) }) },
      fc.record({ drop: fc.integer({ min: 1, max: 4 }), append: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ drop: fc.constant('all' as const), append: fc.integer({ min: 0, max: 2 }) }),
      fc.constant('clear' as const),
      fc.constant('late ttl' as const),
      fc.record({ wait: fc.integer({ min: 1, max: 90 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async (steps) => {
        const id = newId();
        const known: StoredHistory[] = [];
        const stores = [open(3_600), open(3_600)];
        let written = 0;
        for (const [index, step] of steps.entries()) {
          const store = stores[index % 2] as DynamoDBStore;
          if (step === 'clear') await store.clear(id);
          else if (step === 'late ttl') await table.expire(id, now);
          else if ('wait' in step) now += step.wait * MINUTE;
          else {
            const drop = 'drop' in step ? step.drop : 0;
            const records = Array.from({ length: step.append }, () => `${written++}`);
            await commit(store, id, { drop, append: records });
          }
          const whole = await open(3_600).read(id);
          for (const [age, old] of known.slice(-5).entries()) {
            expect(await readOn(stores[age % 2] as DynamoDBStore, id, old)).toEqual(whole);
          }
          if (whole.revision !== NO_HISTORY) known.push(whole);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('cost', () => {
  test('is one request and what is new, however large the known row is', async () => {
    const id = newId();
    const revision = await append(open(), id, large('a', 300_000));
    await append(open(), id, 'b');
    const { requests, units } = await measure(table.client, async () => {
      expect(await open().read(id, { after: revision })).toMatchObject({ records: ['b'], after: revision });
    });
    expect(requests).toEqual(['Query']);
    expect(units).toBe(1);
  });

  test('is one request and the known row, where nothing is new and this object has seen so', async () => {
    const id = newId();
    await append(open(), id, 'a');
    await append(open(), id, large('b', 100_000));
    const seen = open();
    const { revision } = await seen.read(id);
    const { requests, units } = await measure(table.client, async () => {
      expect(await seen.read(id, { after: revision })).toEqual({ records: [], revision, after: revision });
    });
    expect(requests).toEqual(['Query']);
    expect(units).toBe(Math.ceil(100_200 / 4_096));
  });

  test('is two requests where nothing is new, and this object has not seen the session', async () => {
    const id = newId();
    const revision = await append(open(), id, 'a');
    const { requests, units } = await measure(table.client, async () => {
      expect(await open().read(id, { after: revision })).toEqual({ records: [], revision, after: revision });
    });
    expect(requests).toEqual(['Query', 'Query']);
    expect(units).toBe(2);
  });

  test('is one request where everything was replaced by what fits the same page', async () => {
    const id = newId();
    const revision = await append(open(), id, 'a');
    await commit(open(), id, { drop: 'all', append: ['b'] });
    const { requests } = await measure(table.client, async () => {
      expect((await open().read(id, { after: revision })).records).toEqual(['b']);
    });
    expect(requests).toEqual(['Query']);
  });

  test('of 1,000 turns is below 5 % of reading all, and each reads no more than is new', async () => {
    const id = newId();
    const store = open();
    const record = large('a', 870);
    let { revision } = await store.read(id);
    let read = 0;
    let written = 0;
    for (let turn = 0; turn < 1_000; turn++) {
      const lastSeen = revision;
      const { units: writeUnits } = await measure(table.client, () =>
        commit(store, id, { append: [record, record], lastSeen }),
      );
      const after = revision === NO_HISTORY ? undefined : revision;
      const { units, requests } = await measure(table.client, async () => {
        const history = await store.read(id, { after });
        expect(history.records).toHaveLength(2);
        expect(history.after).toBe(after);
        ({ revision } = history);
      });
      expect(requests).toEqual(['Query']);
      expect(units).toBe(1);
      written += writeUnits;
      read += units;
    }
    const whole = await measure(table.client, () => open().read(id));
    expect(written).toBe(2_000);
    expect(read).toBe(1_000);
    expect(read / 1_000).toBeLessThan(0.05 * whole.units);
  });
});

test('sessions with a cache: a turn is two requests, and reads a unit, also by an object per request', async () => {
  const cache = new HistoryCache({ maxBytes: 10_000_000 });
  const sessionId = newId();
  const openSession = (): DynamoDBSession =>
    new DynamoDBSession({ client: table.client, tableName: table.name, sessionId, cache });
  const say = (content: string): AgentInputItem => ({ role: 'user', content });
  for (let turn = 0; turn < 100; turn++) await openSession().addItems([say(large(`${turn}`, 800))]);
  await openSession().getItems();
  await openSession().addItems([say('a')]);
  for (let turn = 0; turn < 5; turn++) {
    const session = openSession();
    const { requests, units } = await measure(table.client, async () => {
      expect(await session.getItems()).toHaveLength(101 + turn);
      await session.addItems([say('b')]);
    });
    expect(requests).toEqual(['Query', 'PutItem']);
    expect(units).toBe(2);
  }
  expect(await openSession().getItems()).toEqual(
    await new DynamoDBSession({ client: table.client, tableName: table.name, sessionId }).getItems(),
  );
  expect(cache.stats).toMatchObject({ hits: 6, misses: 1, entries: 1 });
});

test('the place where sessions are kept is named by the client, the table, its attributes and the prefix', () => {
  const client = newClient();
  const keyOf = (options: Parameters<TestTable['open']>[0]) => table.open(options).cacheKey;
  expect(keyOf({ client })).toEqual(keyOf({ client, ttlSeconds: 60, timeoutMs: 1_000 }));
  expect(keyOf({ client }).owner).toBe(client);
  const names = [
    keyOf({ client }),
    keyOf({ client, tableName: 'other' }),
    keyOf({ client, keyPrefix: 'a' }),
    keyOf({ client, attributeNames: { sessionId: 'pk' } }),
    keyOf({ client, attributeNames: { row: 'sk' } }),
  ].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  client.destroy();
});

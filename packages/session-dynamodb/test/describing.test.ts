import { NO_HISTORY } from '@agent-sessions/session-core/store';
import type { DynamoDBStore } from '../src';
import { intercept, measure } from './support/requests';
import { append, commit, large, newId } from './support/store';
import { headerOf, retold, TestTable, type Item } from './support/table';

/* What the newest row tells of its session, in one request and at the units of that row. */

const table = new TestTable();
let now = Date.now();
const open = (ttlSeconds?: number): DynamoDBStore =>
  table.open({ ttlSeconds, ttlRefresh: 'access' }, () => now);

beforeAll(() => table.create());
afterAll(() => table.drop());

const NOTHING = {
  items: 0,
  bytes: 0,
  revision: NO_HISTORY,
  createdAt: undefined,
  updatedAt: undefined,
  expiresAt: undefined,
};

async function costOf(id: string): Promise<{ requests: string[]; units: number }> {
  return measure(table.client, () => open().describe(id));
}

test('one request and one read unit, however long the history is, and of nothing too', async () => {
  const id = newId();
  for (let row = 0; row < 40; row++) await append(open(), id, large(`${row}`, 3_000));
  expect(await open().describe(id)).toMatchObject({ items: 40, bytes: 40 * 3_001 });
  expect(await costOf(id)).toEqual({ requests: ['Query'], units: 1 });
  expect(await costOf(newId())).toEqual({ requests: ['Query'], units: 1 });
});

test('a large newest row costs its size, though its content is not sent; one in chunks does not', async () => {
  const id = newId();
  await append(open(), id, large('a', 390_000));
  const answers: Item[] = [];
  const stop = intercept(table.client, async (_request, send) => {
    const answer = await send();
    answers.push(...((answer.output as { Items?: Item[] }).Items ?? []));
    return answer;
  });
  expect(await costOf(id)).toEqual({ requests: ['Query'], units: 96 });
  stop();
  expect(answers.map(({ records }) => records)).toEqual([undefined]);
  await append(open(), id, large('b', 900_000));
  expect(await open().describe(id)).toMatchObject({ items: 2, bytes: 390_001 + 900_001 });
  expect(await costOf(id)).toEqual({ requests: ['Query'], units: 1 });
});

test('the times are those of the writes, also where a read has extended the session since', async () => {
  const id = newId();
  const store = open(1_000);
  const began = now;
  await append(store, id, 'a');
  now += 5_000;
  await append(store, id, 'b');
  const written = now;
  for (let round = 0; round < 2; round++) {
    now += 500_000;
    await store.read(id);
    expect(await store.describe(id)).toMatchObject({
      items: 2,
      createdAt: new Date(began),
      updatedAt: new Date(written),
      expiresAt: new Date(now + 1_000_000),
    });
    expect(headerOf((await table.log(id)).at(-1))).toMatchObject({
      created: `${now}`,
      written: `${written}`,
    });
  }
  // as a version stored it that did not tell when the session was written
  const newest = (await table.log(id)).at(-1) as Item;
  await table.put(retold(newest, { written: undefined }));
  expect(await store.describe(id)).toMatchObject({ createdAt: new Date(began), updatedAt: new Date(now) });
  now += 1_000_000;
  expect(await store.describe(id)).toEqual(NOTHING);
});

test('bytes are an upper bound: what was dropped counts until the log begins anew', async () => {
  const id = newId();
  await append(open(), id, large('a', 100), large('b', 1_000));
  await commit(open(), id, { drop: 1 });
  expect(await open().describe(id)).toMatchObject({ items: 1, bytes: 101 + 1_001 });
  await commit(open(), id, { drop: 1 });
  expect(await open().describe(id)).toMatchObject({ items: 0, bytes: 0, createdAt: new Date(now) });
  await open().clear(id);
  expect(await open().describe(id)).toEqual(NOTHING);
});

test.each<Readonly<Record<string, string>>>([
  { length: 'x' },
  { bytes: '-1' },
  { began: '9000000000000000' },
  { created: '9000000000000000' },
  { expires: '9000000000000000' },
  { written: 'x' },
])('a row that tells %j is told', async (damage) => {
  const id = newId();
  await append(open(), id, 'a');
  const [row] = await table.log(id);
  await table.put(retold(row as Item, damage));
  await expect(open().describe(id)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
});

import type { AgentInputItem } from '@openai/agents';
import { DynamoDBSession, DynamoDBSessionIndex } from '../src';
import { measure } from './support/requests';
import { newId } from './support/store';
import { headerOf, TestTable } from './support/table';

/* What an index costs: the owner's log is a session of its own. */

const table = new TestTable();
beforeAll(() => table.create());
afterAll(() => table.drop());

const ITEM: AgentInputItem = { role: 'user', content: 'a' };
const open = (owner: string, sessionId: string, ttlSeconds?: number): DynamoDBSession =>
  new DynamoDBSession({
    client: table.client,
    tableName: table.name,
    sessionId,
    ttlSeconds,
    index: { owner },
  });
const indexOf = (owner: string, ttlSeconds?: number): DynamoDBSessionIndex =>
  new DynamoDBSessionIndex({ client: table.client, tableName: table.name, owner, ttlSeconds });
const costOf = (action: () => Promise<unknown>) => measure(table.client, action);

test('a session that begins costs one read of the index and one small write, its later turns nothing', async () => {
  const owner = newId();
  await open(owner, newId()).addItems([ITEM]);
  const sessionId = newId();
  const session = open(owner, sessionId);
  await session.getItems();
  // The read of the index, which has one row, the entry, the item.
  expect(await costOf(() => session.addItems([ITEM]))).toEqual({
    requests: ['Query', 'PutItem', 'PutItem'],
    units: 3,
  });
  expect(await costOf(() => session.addItems([ITEM]))).toEqual({ requests: ['PutItem'], units: 1 });
  // Another object, of another process perhaps, looks and finds it: the newest row, then those before.
  const other = open(owner, sessionId);
  await other.getItems();
  expect(await costOf(() => other.addItems([ITEM]))).toEqual({
    requests: ['Query', 'Query', 'PutItem'],
    units: 3,
  });
  expect(await costOf(() => other.addItems([ITEM]))).toEqual({ requests: ['PutItem'], units: 1 });
  // The read of the index, a description, an entry.
  expect(await costOf(() => session.setDetails({ title: 'a title' }))).toEqual({
    requests: ['Query', 'Query', 'Query', 'PutItem'],
    units: 4,
  });
});

test('a page costs the end of the index and a read unit for each session and one more', async () => {
  const owner = newId();
  for (let n = 0; n < 60; n++) await open(owner, newId()).addItems([ITEM]);
  const { requests, units } = await costOf(async () => {
    expect((await indexOf(owner).list()).sessions).toHaveLength(20);
  });
  // 42 entries of 300 bytes and more, keys included, and 21 descriptions.
  expect(requests.length).toBeLessThanOrEqual(3 + 21);
  expect(units).toBeLessThanOrEqual(6 + 21);
});

test('an index is kept for a day longer than its sessions', async () => {
  const owner = newId();
  const sessionId = newId();
  await open(owner, sessionId, 1_000).addItems([ITEM]);
  const expiryOf = async (id: string): Promise<number> => {
    const { expires, created } = headerOf((await table.log(id)).at(-1));
    return Number(expires) - Number(created);
  };
  const margin = (await expiryOf(`~/index/${owner}`)) - (await expiryOf(sessionId));
  expect(margin).toBe(86_400_000);
});

test('what is erased is gone from the table: content, titles, and rows with either', async () => {
  const owner = newId();
  const ids = Array.from({ length: 30 }, () => newId());
  for (const id of ids) {
    const session = open(owner, id);
    await session.addItems([{ role: 'user', content: 'conspicuous' }]);
    await session.setDetails({ title: 'conspicuous' });
  }
  expect(await indexOf(owner).erase()).toEqual({ sessions: 30 });
  for (const id of [...ids, `~/index/${owner}`]) {
    expect(await table.contains(id, 'conspicuous')).toBe(false);
    // Tombstones, which DynamoDB deletes after a day.
    for (const row of await table.rows(id))
      expect(Object.keys(row).sort()).toEqual(['row', 'session_id', 'tombstone', 'ttl']);
  }
});

import type { AgentInputItem } from '@openai/agents';
import { DynamoDBSession } from '../src';
import { connectionReset, intercept, measure, putsRow } from './support/requests';
import { append, large, newId } from './support/store';
import { headerOf, newClient, TestTable } from './support/table';

const table = new TestTable();
const messages = (...contents: string[]): AgentInputItem[] =>
  contents.map((content) => ({ role: 'user', content }));
const open = (sessionId: string, client = table.client): DynamoDBSession =>
  new DynamoDBSession({ client, tableName: table.name, sessionId });
const item = (name: string, bytes: number): string => `{"role":"user","content":"${large(name, bytes)}"}`;

beforeAll(() => table.create());
afterAll(() => table.drop());

test('a fork is what a read and a write cost, and one row', async () => {
  const [id, forkId] = [newId(), newId()];
  const source = open(id);
  for (const content of ['a', 'b', 'c']) await source.addItems(messages(content));
  const { requests, units } = await measure(table.client, () => source.fork({ sessionId: forkId, upTo: 2 }));
  expect(requests).toEqual(['Query', 'Query', 'PutItem']);
  expect(units).toBe(3);
  const rows = await table.rows(forkId);
  expect(rows.map((row) => headerOf(row).length)).toEqual(['2']);
  expect(await open(forkId).getItems()).toEqual(messages('a', 'b'));
});

test('a fork in chunks is whole or not there, wherever it stops', async () => {
  const [id, forkId] = [newId(), newId()];
  for (let row = 0; row < 3; row++) await append(table.open(), id, item(`${row}`, 300_000));
  const client = newClient();
  const stop = intercept(client, (request, send) =>
    putsRow(request) ? Promise.reject(connectionReset()) : send(),
  );
  const failing = new DynamoDBSession({ client, tableName: table.name, sessionId: id, timeoutMs: 1_000 });
  await expect(failing.fork({ sessionId: forkId })).rejects.toMatchObject({
    code: expect.stringMatching(/TIMEOUT|STORE_UNAVAILABLE/) as string,
  });
  stop();
  client.destroy();
  expect(await open(forkId).getItems()).toEqual([]);
  const fork = await open(id).fork({ sessionId: forkId });
  expect(await fork.getItems()).toEqual(await open(id).getItems());
});

test('more than one commit takes: COMMIT_TOO_LARGE, and nothing written; the first part of it can be forked', async () => {
  const [id, forkId] = [newId(), newId()];
  for (let row = 0; row < 3; row++) await append(table.open(), id, item(`${row}`, 6_000_000));
  const source = open(id);
  await expect(source.fork({ sessionId: forkId })).rejects.toMatchObject({ code: 'COMMIT_TOO_LARGE' });
  expect(await table.rows(forkId)).toEqual([]);
  const fork = await source.fork({ sessionId: forkId, upTo: 2 });
  expect(await fork.describe()).toMatchObject({ items: 2 });
});

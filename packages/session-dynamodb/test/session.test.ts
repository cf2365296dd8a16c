import type { AgentInputItem } from '@openai/agents';
import { DynamoDBSession } from '../src';
import { measure } from './support/requests';
import { newId } from './support/store';
import { newClient, TestTable } from './support/table';

const table = new TestTable();
const message = (content: string): AgentInputItem => ({ role: 'user', content });

beforeAll(() => table.create());
afterAll(() => table.drop());

test('without a sessionId it makes one, and keeps it', async () => {
  const session = new DynamoDBSession({ client: table.client, tableName: table.name });
  const id = await session.getSessionId();
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  await session.addItems([message('a')]);
  await session.clearSession();
  expect(await session.getSessionId()).toBe(id);
  await session.addItems([message('b')]);
  expect(await session.getItems()).toEqual([message('b')]);
});

test('a turn is one request to read and one to append', async () => {
  const client = newClient();
  const session = new DynamoDBSession({ sessionId: newId(), client, tableName: table.name });
  const { requests } = await measure(client, async () => {
    for (let turn = 0; turn < 3; turn++) {
      await session.getItems();
      await session.addItems([message('question'), message('answer')]);
    }
  });
  expect(requests).toEqual(['Query', 'PutItem', 'Query', 'PutItem', 'Query', 'PutItem']);
  client.destroy();
});

test('nothing is sent for nothing, and the client is left open', async () => {
  const client = newClient();
  const session = new DynamoDBSession({ sessionId: newId(), client, tableName: table.name });
  const { requests } = await measure(client, async () => {
    await session.addItems([]);
    expect(await session.getItems(0)).toEqual([]);
    expect(await session.getItems(-1)).toEqual([]);
    await expect(session.getItems(1.5)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(session.addItems([{ at: new Date() } as never])).rejects.toMatchObject({
      code: expect.any(String) as string,
    });
  });
  expect(requests).toEqual([]);
  expect(await session.getItems()).toEqual([]);
  client.destroy();
});

test('four poppers get each item once', async () => {
  const sessionId = newId();
  const open = () => new DynamoDBSession({ sessionId, client: table.client, tableName: table.name });
  const contents = Array.from({ length: 40 }, (_, index) => `${index}`);
  await open().addItems(contents.map(message));
  const popped = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const session = open();
      const own: unknown[] = [];
      for (let item = await session.popItem(); item; item = await session.popItem()) {
        own.push((item as { content: unknown }).content);
      }
      return own;
    }),
  );
  expect(popped.flat().sort()).toEqual([...contents].sort());
});

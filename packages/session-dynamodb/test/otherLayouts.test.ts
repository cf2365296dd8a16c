import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DeleteTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoDBSession, SessionError } from '../src';
import { readPythonItems } from '../src/moving';
import { newClient } from './support/table';

const SECRET = 'the secret of an item';
const client = newClient();
const tableName = `python-${randomUUID()}`;

/** As `create_table_if_not_exists` of openai-agents-session makes it. */
beforeAll(async () => {
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      KeySchema: [{ AttributeName: 'session_id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'session_id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
});
afterAll(async () => {
  await client.send(new DeleteTableCommand({ TableName: tableName }));
  client.destroy();
});

async function write(sessionId: string, conversationData: string): Promise<void> {
  const item = {
    session_id: { S: sessionId },
    conversation_data: { S: conversationData },
    updated_at: { N: '1' },
  };
  await client.send(new PutItemCommand({ TableName: tableName, Item: item }));
}

test('its items are those of the SDK, by a client of either kind', async () => {
  const items = [
    { role: 'user', content: 'Hello' },
    { arguments: '{}', call_id: 'call_1', name: 'weather', type: 'function_call', id: 'fc_1' },
    { call_id: 'call_1', output: '5', type: 'function_call_output' },
  ];
  await write('user-1', JSON.stringify(items));
  for (const each of [client, DynamoDBDocumentClient.from(client)]) {
    expect(await readPythonItems({ client: each, tableName, sessionId: 'user-1' })).toEqual([
      { type: 'message', role: 'user', content: 'Hello' },
      { type: 'function_call', id: 'fc_1', callId: 'call_1', name: 'weather', arguments: '{}' },
      { type: 'function_call_result', callId: 'call_1', name: 'weather', status: 'completed', output: '5' },
    ]);
  }
  expect(await readPythonItems({ client, tableName, sessionId: 'nobody' })).toEqual([]);
});

test('a session on that table says what to do, and does not begin anew', async () => {
  await write('user-2', '[]');
  const session = new DynamoDBSession({ client, tableName, sessionId: 'user-2' });
  const error = await session.getItems().catch((thrown: unknown) => thrown);
  if (!SessionError.is(error, 'STORE_MISCONFIGURED')) throw error;
  expect(error.message).toContain('readPythonItems');
});

test.each([
  ['that is no JSON', `[${SECRET}`, 'text 1 is no JSON'],
  ['that is no list of items', `["${SECRET}"]`, 'items[0] must be a plain object'],
  ['of an unknown type', `[{"type": "telepathy_call", "thought": "${SECRET}"}]`, 'items[0] has the type'],
])('one %s: its place, and not what it holds', async (_what, text, message) => {
  const sessionId = randomUUID();
  await write(sessionId, text);
  const error = await readPythonItems({ client, tableName, sessionId }).catch((thrown: unknown) => thrown);
  if (!SessionError.is(error, 'INVALID_ARGUMENT')) throw error;
  expect(error.message).toContain(message);
  expect(error.message).not.toContain(SECRET);
});

test('no such table, no id', async () => {
  const read = (options: { tableName: string; sessionId: string }) => readPythonItems({ client, ...options });
  await expect(read({ tableName: 'no-such-table', sessionId: 's' })).rejects.toMatchObject({
    code: 'STORE_MISCONFIGURED',
  });
  await expect(read({ tableName, sessionId: '' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

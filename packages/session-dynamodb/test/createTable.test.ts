import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type CreateTableCommandInput,
  type ScalarAttributeType,
} from '@aws-sdk/client-dynamodb';
import { createTableIfNotExists, DynamoDBStore } from '../src';
import { connectionReset, intercept, measure, refusal } from './support/requests';
import { append, newId, recordsOf } from './support/store';
import { newClient } from './support/table';

const client = newClient();
const made: string[] = [];
const newName = (): string => {
  const name = `table-${randomUUID()}`;
  made.push(name);
  return name;
};

afterAll(async () => {
  await Promise.all(
    made.map((TableName) => client.send(new DeleteTableCommand({ TableName })).catch(() => undefined)),
  );
  client.destroy();
});

const ttlOf = async (TableName: string): Promise<string | undefined> =>
  (await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription?.TimeToLiveStatus;

test('creates a table that is paid per request, and that sessions work on', async () => {
  const name = newName();
  expect(await createTableIfNotExists(client, name)).toEqual({ created: true, ttlAttribute: undefined });
  const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
  expect(Table).toMatchObject({
    TableStatus: 'ACTIVE',
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    KeySchema: [
      { AttributeName: 'session_id', KeyType: 'HASH' },
      { AttributeName: 'row', KeyType: 'RANGE' },
    ],
  });
  expect(await ttlOf(name)).toBe('DISABLED');
  const store = new DynamoDBStore({ client, tableName: name });
  const id = newId();
  await append(store, id, 'a');
  expect(await recordsOf(store, id)).toEqual(['a']);
});

test('turns TTL on where it creates the table, and only there', async () => {
  const [withTtl, without] = [newName(), newName()];
  expect(await createTableIfNotExists(client, withTtl, { enableTtl: true })).toEqual({
    created: true,
    ttlAttribute: 'ttl',
  });
  expect(await ttlOf(withTtl)).toBe('ENABLED');
  expect(await createTableIfNotExists(client, withTtl)).toEqual({ created: false, ttlAttribute: 'ttl' });
  await createTableIfNotExists(client, without);
  expect(await createTableIfNotExists(client, without, { enableTtl: true })).toEqual({
    created: false,
    ttlAttribute: undefined,
  });
  expect(await ttlOf(without)).toBe('DISABLED');
});

test('called by many at once, one creates it and the others use it', async () => {
  const name = newName();
  const results = await Promise.all(
    Array.from({ length: 6 }, () => createTableIfNotExists(newClient(), name, { enableTtl: true })),
  );
  expect(results.filter(({ created }) => created)).toHaveLength(1);
  expect(await ttlOf(name)).toBe('ENABLED');
});

describe('a table that is not active yet', () => {
  /** A client that is told `CREATING` by the first `times` descriptions. */
  function early(times: number): DynamoDBClient {
    const client = newClient();
    let descriptions = 0;
    intercept(client, async (request, send) => {
      const answer = await send();
      const { Table } = answer.output as { Table?: { TableStatus?: string } };
      if (request.name === 'DescribeTable' && ++descriptions <= times && Table)
        Table.TableStatus = 'CREATING';
      return answer;
    });
    return client;
  }

  test('is waited for', async () => {
    const name = newName();
    await createTableIfNotExists(client, name);
    const { requests } = await measure(client, () => createTableIfNotExists(client, name));
    expect(requests).toEqual(['DescribeTable', 'DescribeTimeToLive']);
    expect(await createTableIfNotExists(early(3), name)).toMatchObject({ created: false });
  });

  test('is not waited for longer than timeoutMs', async () => {
    const name = newName();
    await createTableIfNotExists(client, name);
    await expect(createTableIfNotExists(early(Infinity), name, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
  });
});

test('survives lost answers, and turns TTL on all the same', async () => {
  const name = newName();
  const flaky = newClient();
  const seen = new Set<string>();
  intercept(flaky, async (request, send) => {
    const answer = await send();
    if (seen.has(request.name)) return answer;
    seen.add(request.name);
    throw connectionReset();
  });
  expect(await createTableIfNotExists(flaky, name, { enableTtl: true })).toEqual({
    created: true,
    ttlAttribute: 'ttl',
  });
  expect(seen).toEqual(new Set(['DescribeTable', 'CreateTable', 'DescribeTimeToLive', 'UpdateTimeToLive']));
  expect(await ttlOf(name)).toBe('ENABLED');
});

describe('a table with other keys', () => {
  const wrong: [string, [string, ScalarAttributeType][], string][] = [
    ['no sort key', [['session_id', 'S']], 'session_id (S, HASH)'],
    [
      'other names',
      [
        ['pk', 'S'],
        ['sk', 'N'],
      ],
      'pk (S, HASH), sk (N, RANGE)',
    ],
    [
      'another type',
      [
        ['session_id', 'S'],
        ['row', 'N'],
      ],
      'session_id (S, HASH), row (N, RANGE)',
    ],
    [
      'the keys the other way round',
      [
        ['row', 'S'],
        ['session_id', 'S'],
      ],
      'row (S, HASH), session_id (S, RANGE)',
    ],
  ];

  test.each(wrong)('%s: is left alone and told', async (_, keys, found) => {
    const TableName = newName();
    const input: CreateTableCommandInput = {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
      KeySchema: keys.map(([AttributeName], index) => ({ AttributeName, KeyType: index ? 'RANGE' : 'HASH' })),
    };
    await client.send(new CreateTableCommand(input));
    await expect(createTableIfNotExists(client, TableName, { enableTtl: true })).rejects.toMatchObject({
      code: 'STORE_MISCONFIGURED',
      message: `table ${TableName} has the keys ${found}; sessions need session_id (S, HASH), row (S, RANGE)`,
    });
    expect(await ttlOf(TableName)).toBe('DISABLED');
    await expect(
      append(new DynamoDBStore({ client, tableName: TableName }), newId(), 'a'),
    ).rejects.toMatchObject({
      code: 'STORE_MISCONFIGURED',
    });
  });
});

test('refuses wrong arguments before any request', async () => {
  const { requests } = await measure(client, async () => {
    for (const name of ['', 'ab', 'a b c', 'a/b/c', 'x'.repeat(256), 'arn:', undefined, 7]) {
      await expect(createTableIfNotExists(client, name as string)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    for (const wrong of [undefined, null, {}, { send: true }]) {
      await expect(createTableIfNotExists(wrong as never, 'table')).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    for (const timeoutMs of [0, -1, 1.5, NaN]) {
      await expect(createTableIfNotExists(client, 'table', { timeoutMs })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
  });
  expect(requests).toEqual([]);
});

test('a missing permission is told', async () => {
  const denied = newClient();
  const error = refusal('AccessDeniedException');
  intercept(denied, () => Promise.reject(error));
  await expect(createTableIfNotExists(denied, newName())).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    cause: error,
  });
});

import { conformanceCases } from '@agent-sessions/session-core/testing';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBStoreOptions } from '../src';
import { TestTable } from './support/table';

type Shape = [name: string, table: TestTable, options?: (table: TestTable) => Partial<DynamoDBStoreOptions>];

const shapes: Shape[] = [
  ['with a DynamoDBClient', new TestTable()],
  [
    'with a DynamoDBDocumentClient',
    new TestTable(),
    ({ client }) => ({ client: DynamoDBDocumentClient.from(client) }),
  ],
  [
    'with reserved words for attribute names',
    new TestTable({ attributeNames: { sessionId: 'name', version: 'date', ttl: 'timestamp' } }),
  ],
  ['with reads that are not consistent', new TestTable(), () => ({ consistentRead: false })],
];

describe.each(shapes)('DynamoDBStore %s', (_, table, options) => {
  let time = Date.now();
  const cases = conformanceCases({
    ttlRefresh: true,
    createStore: (bounds) => table.open({ ...bounds, ...options?.(table) }, () => time),
    contains: async (sessionId, text) =>
      (await table.rows(sessionId)).some((row) =>
        JSON.stringify(row, (_, value: unknown) =>
          value instanceof Uint8Array ? Buffer.from(value).toString() : value,
        ).includes(text),
      ),
    // The engine never deletes what has expired; DynamoDB does.
    elapse: async (sessionId, ms) => {
      time += ms;
      await table.expire(sessionId, time);
    },
  });

  beforeAll(() => table.create());
  afterAll(() => table.drop());

  for (const { name, run } of cases) test(name, run, 60_000);
});

import { conformanceCases } from '@agent-sessions/session-core/testing';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBStoreOptions } from '../src';
import { TestTable } from './support/table';

type Shape = [name: string, table: TestTable, options?: (table: TestTable) => Partial<DynamoDBStoreOptions>];

/** One more, a tenant in a shared table: policy.test.ts */
const shapes: Shape[] = [
  ['with a DynamoDBClient', new TestTable()],
  [
    'with a DynamoDBDocumentClient, reserved words for attribute names, and reads without consistency',
    new TestTable({ attributeNames: { sessionId: 'name', version: 'date', ttl: 'timestamp' } }),
    ({ client }) => ({ client: DynamoDBDocumentClient.from(client), consistentRead: false }),
  ],
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

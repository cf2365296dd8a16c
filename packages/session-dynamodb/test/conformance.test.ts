import { join } from 'node:path';
import { TYPESCRIPT } from '@agent-sessions/engines';
import { conformanceCases, type StoreHarness } from '@agent-sessions/session-core/testing';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBStoreOptions } from '../src';
import { fixturesOf } from './support/fixtures';
import type { StoreProcessOptions } from './support/storeProcess';
import { newClient, TestTable } from './support/table';

interface Shape {
  readonly table: TestTable;
  readonly options?: (table: TestTable) => Partial<DynamoDBStoreOptions>;
  /** What one shape shows for all. */
  readonly hooks?: (table: TestTable) => Pick<StoreHarness, 'processes' | 'unreachable' | 'fixtures'>;
}

/** One more, a tenant in a shared table: policy.test.ts */
const shapes: Readonly<Record<string, Shape>> = {
  'with a DynamoDBClient': {
    table: new TestTable(),
    hooks: (table) => ({
      fixtures: fixturesOf(table),
      processes: {
        module: join(__dirname, 'support/storeProcess.ts'),
        options: {
          endpoint: process.env.DYNAMODB_ENDPOINT ?? '',
          tableName: table.name,
        } satisfies StoreProcessOptions,
        ...TYPESCRIPT,
      },
      unreachable: {
        'a server that does not listen': () =>
          table.open({ client: newClient({ endpoint: 'http://127.0.0.1:1' }), timeoutMs: 100 }),
      },
    }),
  },
  'with a DynamoDBDocumentClient, reserved words for attribute names': {
    table: new TestTable({ attributeNames: { sessionId: 'name', row: 'date', ttl: 'timestamp' } }),
    options: ({ client }) => ({ client: DynamoDBDocumentClient.from(client) }),
  },
};

describe.each(Object.entries(shapes))('DynamoDBStore %s', (_, { table, options, hooks }) => {
  let time = Date.now();
  const cases = conformanceCases({
    ...hooks?.(table),
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

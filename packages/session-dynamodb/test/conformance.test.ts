import { join } from 'node:path';
import { bundle } from '@agent-sessions/engines';
import { conformanceCases } from '@agent-sessions/session-core/testing';
import { fixturesOf } from './support/fixtures';
import type { StoreProcessOptions } from './support/storeProcess';
import { newClient, TestTable } from './support/table';

/* With a DynamoDBClient, in a table of its own. As a tenant in another shape: policy.test.ts. */

const table = new TestTable();
let time = Date.now();

const cases = conformanceCases({
  fixtures: fixturesOf(table),
  processes: {
    module: bundle(join(__dirname, 'support/storeProcess.ts')),
    options: {
      endpoint: process.env.DYNAMODB_ENDPOINT ?? '',
      tableName: table.name,
    } satisfies StoreProcessOptions,
  },
  unreachable: {
    'a server that does not listen': () =>
      table.open({ client: newClient({ endpoint: 'http://127.0.0.1:1' }), timeoutMs: 100 }),
  },
  ttlRefresh: true,
  createStore: (bounds) => table.open(bounds, () => time),
  contains: (sessionId, text) => table.contains(sessionId, text),
  // The engine never deletes what has expired; DynamoDB does.
  elapse: async (sessionId, ms) => {
    time += ms;
    await table.expire(sessionId, time);
  },
});

beforeAll(() => table.create());
afterAll(() => table.drop());

for (const { name, run } of cases) test(name, run);

import { join } from 'node:path';
import { bundle } from '@agent-sessions/engines';
import { conformanceCases } from '@agent-sessions/session-core/testing';
import { fixturesOf } from './support/fixtures';
import { harnessOf } from './support/harness';
import type { StoreProcessOptions } from './support/storeProcess';
import { newClient, TestTable } from './support/table';

/* With a DynamoDBClient, in a table of its own. As a tenant in another shape: policy.test.ts. */

const table = new TestTable();

const cases = conformanceCases({
  ...harnessOf(table),
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
});

beforeAll(() => table.create());
afterAll(() => table.drop());

for (const { name, run } of cases) test(name, run);

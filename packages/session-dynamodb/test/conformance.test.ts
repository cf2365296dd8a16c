import { conformanceCases } from '@agent-sessions/session-core/testing';
import { DynamoDBStore } from '../src';
import { TestTable } from './support/table';

const table = new TestTable();
let time = Date.now();

const cases = conformanceCases({
  createStore: (options) =>
    new DynamoDBStore({ ...options, client: table.client, tableName: table.name }, () => time),
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

describe('DynamoDBStore', () => {
  for (const { name, run } of cases) test(name, run, 60_000);
});

import { StoredSession } from '@agent-sessions/session-core';
import { conformanceCases } from '@agent-sessions/session-core/testing';
import type * as codecs from '../../session-core/src/records/recordCodec';
import { TestTable } from './support/table';

/* The kit's cases on sessions, which all compress here; but one, which looks for a text in the database. */
jest.mock('../../session-core/src/records/recordCodec', () => {
  const actual = jest.requireActual<typeof codecs>('../../session-core/src/records/recordCodec');
  return { ...actual, codecOf: () => actual.codecOf({ compression: true }) };
});

const ONLY =
  /^(?!.*gone from the database)(session|caching|transactions|replays|rewriting|compaction|forking|receipts|fencing|pending runs|races):/;

const table = new TestTable();
let time = Date.now();

const cases = conformanceCases({
  ttlRefresh: true,
  createStore: (bounds) => table.open(bounds, () => time),
  contains: (sessionId, text) => table.contains(sessionId, text),
  elapse: async (sessionId, ms) => {
    time += ms;
    await table.expire(sessionId, time);
  },
});

beforeAll(() => table.create());
afterAll(() => table.drop());

for (const { name, run } of cases.filter(({ name }) => ONLY.test(name))) test(name, run);

test('they do, and what they store is one value of bytes in a row', async () => {
  const session = new StoredSession(table.open(), { sessionId: 'compressed' });
  await session.addItems([{ role: 'user', content: 'again and again and '.repeat(50) }]);
  const { records } = await table.open().read('compressed');
  expect(records).toEqual([expect.any(Uint8Array)]);
  expect((records[0] as Uint8Array).length).toBeLessThan(100);
});

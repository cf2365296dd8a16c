import { StoredSession } from '@agent-sessions/session-core';
import { TestTable } from './support/table';

/* The kit's cases on sessions that compress, and encrypt: encryptedSessions.test.ts. */

const table = new TestTable();

beforeAll(() => table.create());
afterAll(() => table.drop());

test('a compressed item is one value of bytes in a row', async () => {
  const session = new StoredSession(table.open(), { sessionId: 'compressed', compression: true });
  await session.addItems([{ role: 'user', content: 'again and again and '.repeat(50) }]);
  const { records } = await table.open().read('compressed');
  expect(records).toEqual([expect.any(Uint8Array)]);
  expect((records[0] as Uint8Array).length).toBeLessThan(100);
});

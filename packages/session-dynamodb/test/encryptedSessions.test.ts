import { conformanceCases } from '@agent-sessions/session-core/testing';
import { isOfSessions } from '../../session-core/test/encryptedCodecs';
import { TestTable } from './support/table';

jest.mock('../../session-core/src/session/sessionCodecs', () =>
  jest.requireActual<object>('../../session-core/test/encryptedCodecs'),
);

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

for (const { name, run } of cases) if (isOfSessions(name)) test(name, run);

import { conformanceCases } from '@agent-sessions/session-core/testing';
import { isOfSessions } from '../../session-core/test/encryptedCodecs';
import { harnessOf } from './support/harness';
import { TestTable } from './support/table';

jest.mock('../../session-core/src/session/sessionCodecs', () =>
  jest.requireActual<object>('../../session-core/test/encryptedCodecs'),
);

const table = new TestTable();

beforeAll(() => table.create());
afterAll(() => table.drop());

for (const { name, run } of conformanceCases(harnessOf(table))) if (isOfSessions(name)) test(name, run);

import { randomBytes } from 'node:crypto';
import type { encryptWith } from '../src/encryption';
import type * as sessionOptions from '../src/session/sessionOptions';
import { conformanceCases } from '../src/testing';
import { memoryHarness } from './memoryHarness';

/* The kit over sessions that are all encrypted and compressed. Its cases of damage put plain texts. */
jest.mock('../src/session/sessionOptions', () => {
  const actual = jest.requireActual<typeof sessionOptions>('../src/session/sessionOptions');
  const entry = jest.requireActual<{ encryptWith: typeof encryptWith }>('../src/encryption');
  const encryption = entry.encryptWith({
    keys: [randomBytes(32)],
    digestKey: randomBytes(32),
    plaintext: 'read',
  });
  return {
    ...actual,
    resolveSessionOptions: (options: sessionOptions.SessionOptions) =>
      actual.resolveSessionOptions({ encryption, compression: true, ...options }),
  };
});

/** What looks into the database for plain text, or for records that are the same in another session. */
const OF_PLAINTEXT = [
  'forking: a fork holds the first items as they are stored, and the two go on apart',
  'pending runs: a state that is deleted is gone from the database',
];

describe('sessions with encryption', () => {
  const cases = conformanceCases(memoryHarness());
  for (const { name, run } of cases) if (!OF_PLAINTEXT.includes(name)) test(name, run);

  test.each(OF_PLAINTEXT)('are what is to be seen in: %s', async (plaintext) => {
    await expect(cases.find(({ name }) => name === plaintext)?.run()).rejects.toThrow();
  });
});

import { conformanceCases } from '../src/testing';
import { OF_PLAINTEXT } from './encryptedCodecs';
import { memoryHarness } from './memoryHarness';

jest.mock('../src/session/sessionCodecs', () => jest.requireActual<object>('./encryptedCodecs'));

describe('sessions that encrypt and compress', () => {
  const cases = conformanceCases(memoryHarness());
  for (const { name, run } of cases) if (!OF_PLAINTEXT.includes(name)) test(name, run);

  test.each(OF_PLAINTEXT)('show nothing of what is looked for in: %s', async (plaintext) => {
    await expect(cases.find(({ name }) => name === plaintext)?.run()).rejects.toThrow();
  });
});

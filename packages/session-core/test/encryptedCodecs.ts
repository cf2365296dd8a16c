import { randomBytes } from 'node:crypto';
import { encryptWith } from '../src/encryption';
import type * as sessionCodecs from '../src/session/sessionCodecs';

/*
 * In the place of `sessionCodecs`, makes each session and index one that encrypts and compresses, unless it says how it encrypts:
 *
 *     jest.mock('…/src/session/sessionCodecs', () => jest.requireActual('…/test/encryptedCodecs'));
 */

const actual = jest.requireActual<typeof sessionCodecs>('../src/session/sessionCodecs');

/** The kit's cases of damage put plain texts. */
const everyones = encryptWith({ keys: [randomBytes(32)], digestKey: randomBytes(32), plaintext: 'read' });

export const { assertEncryption } = actual;

export const codecsOf: typeof actual.codecsOf = ({ encryption = everyones }) =>
  actual.codecsOf({ compression: true, encryption });

/** The cases that look into the database for plain text, or for records that are the same in another session. */
export const OF_PLAINTEXT: readonly string[] = [
  'forking: a fork holds the first items as they are stored, and the two go on apart',
  'listing: a session that is cleared is not listed, and its title is gone from the database',
  'listing: erasing leaves nothing of what is listed in the database',
  'pending runs: a state that is deleted is gone from the database',
];

/** The cases on sessions, which work with items; those on stores know records only. */
export function isOfSessions(name: string): boolean {
  return GROUPS.test(name) && !OF_PLAINTEXT.includes(name);
}

const GROUPS =
  /^(session|caching|transactions|replays|rewriting|compaction|forking|listing|receipts|fencing|pending runs): /;

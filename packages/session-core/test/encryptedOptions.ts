import { randomBytes } from 'node:crypto';
import { encryptWith } from '../src/encryption';
import type * as sessionOptions from '../src/session/sessionOptions';

/*
 * In the place of `sessionOptions`, makes each session one that encrypts and compresses, unless it says otherwise:
 *
 *     jest.mock('…/src/session/sessionOptions', () => jest.requireActual('…/test/encryptedOptions'));
 */

const actual = jest.requireActual<typeof sessionOptions>('../src/session/sessionOptions');

/** The kit's cases of damage put plain texts. */
const encryption = encryptWith({ keys: [randomBytes(32)], digestKey: randomBytes(32), plaintext: 'read' });

export const { scopeOf } = actual;

export const resolveSessionOptions: typeof actual.resolveSessionOptions = (options) =>
  actual.resolveSessionOptions({ encryption, compression: true, ...options });

/** The cases that look into the database for plain text, or for records that are the same in another session. */
export const OF_PLAINTEXT: readonly string[] = [
  'forking: a fork holds the first items as they are stored, and the two go on apart',
  'pending runs: a state that is deleted is gone from the database',
];

/** The cases on sessions, which work with items; those on stores know records only. */
export function isOfSessions(name: string): boolean {
  return GROUPS.test(name) && !OF_PLAINTEXT.includes(name);
}

const GROUPS =
  /^(session|caching|transactions|replays|rewriting|compaction|forking|receipts|fencing|pending runs): /;

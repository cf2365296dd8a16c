import { randomBytes } from 'node:crypto';
import type { SessionOptions } from '@agent-sessions/session-redis';
import { encryptWith } from '@agent-sessions/session-redis/encryption';

const encryption = encryptWith({ keys: [randomBytes(32)], digestKey: randomBytes(32) });

/** What a session can do to its records, by what is added to its name. */
export const CODECS: Readonly<Record<string, Pick<SessionOptions, 'compression' | 'encryption'>>> = {
  '': {},
  ', compression': { compression: true },
  ', encryption': { encryption },
  ', compression and encryption': { compression: true, encryption },
};

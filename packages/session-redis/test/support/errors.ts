import type { SessionError } from '@agent-sessions/session-core';
import { kindOfNodeRedisError } from '../../src/clients/nodeRedisErrors';
import { toSessionError } from '../../src/errors';

/** What a session makes of an error that node-redis throws. */
export function sessionErrorOf(error: unknown): SessionError {
  return toSessionError(error, kindOfNodeRedisError(error));
}

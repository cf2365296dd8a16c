import { Buffer } from 'node:buffer';
import { SessionError } from '@agent-sessions/session-core/store';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const LONGEST_KEY_BYTES = 2_048;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws `INVALID_ARGUMENT` */
export function assertKeyPrefix(prefix: unknown): asserts prefix is string {
  if (typeof prefix !== 'string' || LONE_SURROGATE.test(prefix)) {
    throw new SessionError('INVALID_ARGUMENT', 'keyPrefix must be a well-formed string');
  }
  if (prefix.startsWith('~')) {
    // The ids of a scope begin so: with it as the prefix, unscoped sessions would be those of the scope.
    throw new SessionError('INVALID_ARGUMENT', 'keyPrefix must not begin with ~: what scopes store does');
  }
  if (Buffer.byteLength(prefix) >= LONGEST_KEY_BYTES) {
    throw new SessionError('INVALID_ARGUMENT', `keyPrefix must have less than ${LONGEST_KEY_BYTES} bytes`);
  }
}

/** @throws `INVALID_ARGUMENT` where the id does not fit behind the prefix. */
export function partitionKey(prefix: string, sessionId: string): string {
  const key = `${prefix}${sessionId}`;
  if (Buffer.byteLength(key) <= LONGEST_KEY_BYTES) return key;
  throw new SessionError(
    'INVALID_ARGUMENT',
    `sessionId must have at most ${LONGEST_KEY_BYTES - Buffer.byteLength(prefix)} bytes behind this keyPrefix`,
  );
}

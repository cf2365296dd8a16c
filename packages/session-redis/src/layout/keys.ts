import { SessionError } from '@agent-sessions/session-core/store';

const UNFIT = /[{}\p{Surrogate}]/u;

/** @throws `INVALID_ARGUMENT` */
export function assertKeyPrefix(prefix: unknown): asserts prefix is string {
  if (typeof prefix !== 'string' || prefix === '' || UNFIT.test(prefix)) {
    throw new SessionError(
      'INVALID_ARGUMENT',
      'keyPrefix must be non-empty, well-formed, and without { and }: the session id is the hash tag, in braces',
    );
  }
}

export type SessionKeys = [items: string, meta: string];

/**
 * The two keys of a session: the list of its records, and the hash of what else is known of it. The id is the hash tag, which puts both into one cluster slot;
 * braces in it are escaped, so that the tag is all of the id and distinct ids never share a key.
 */
export function sessionKeys(prefix: string, sessionId: string): SessionKeys {
  const tagged = `${prefix}:{${escapeId(sessionId)}}`;
  return [`${tagged}:items`, `${tagged}:meta`];
}

function escapeId(id: string): string {
  return id.replace(/[%{}]/g, encodeURIComponent);
}

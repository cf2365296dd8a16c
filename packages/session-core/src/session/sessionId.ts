import { Buffer } from 'node:buffer';
import { SessionError } from '../store/errors';

/** DynamoDB's limit for a partition key, which bounds ids on every backend alike. */
const LONGEST_ID_BYTES = 2_048;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws `INVALID_ARGUMENT` unless `sessionId` is a well-formed string of 1 to 2,048 bytes. */
export function assertSessionId(sessionId: unknown): asserts sessionId is string {
  if (typeof sessionId !== 'string' || sessionId === '') {
    throw new SessionError('INVALID_ARGUMENT', 'sessionId must be a non-empty string');
  }
  // Two ids with different lone surrogates would be the same UTF-8, hence the same session.
  if (LONE_SURROGATE.test(sessionId)) {
    throw new SessionError('INVALID_ARGUMENT', 'sessionId must be well-formed Unicode');
  }
  if (Buffer.byteLength(sessionId) > LONGEST_ID_BYTES) {
    throw new SessionError('INVALID_ARGUMENT', `sessionId must have at most ${LONGEST_ID_BYTES} bytes`);
  }
}

/**
 * The id under which a store keeps a session. One-to-one over scoped and unscoped sessions together:
 * `chat` without a scope is `chat`, in scope `acme` it is `~acme/chat`, and an id that begins with `~` gets one more, in a
 * scope as without. So a policy can grant a tenant the ids that begin with `~acme/`, and of these and of those that begin with
 * `~/`, what goes on with one `~` less is no session's: it is kept for what belongs to sessions.
 *
 * Of the scope, what means something in these ids, or in the patterns of Redis's ACLs and of IAM's policies, is
 * percent-encoded: no scope makes a pattern that another one's ids fit.
 *
 * @throws `INVALID_ARGUMENT` when the result is longer than a store takes.
 */
export function storedSessionId(sessionId: string, scope?: string): string {
  const escaped = sessionId.startsWith('~') ? `~${sessionId}` : sessionId;
  if (escaped === sessionId && scope === undefined) return sessionId;
  const stored = scope === undefined ? escaped : `${scopePrefix(scope)}${escaped}`;
  assertSessionId(stored);
  return stored;
}

/**
 * The id under which the pending runs of a session are stored, with a scope those of all its sessions. Undefined where it
 * would be too long: for a session id without a scope of more than 2,041 bytes.
 */
export function pendingRunsId(sessionId: string, scope?: string): string | undefined {
  const stored = scope === undefined ? `~/runs/${sessionId}` : `${scopePrefix(scope)}~runs`;
  return Buffer.byteLength(stored) > LONGEST_ID_BYTES ? undefined : stored;
}

/**
 * The id under which the index of an owner's sessions is stored. Without an owner, the owner is the scope.
 *
 * @throws `INVALID_ARGUMENT` when it is longer than a store takes.
 */
export function indexId(owner: string | undefined, scope?: string): string {
  const start = scope === undefined ? '~/index' : `${scopePrefix(scope)}~index`;
  const stored = owner === undefined ? start : `${start}/${owner}`;
  assertSessionId(stored);
  return stored;
}

/**
 * What the stored ids of a scope begin with, and no others do, as in `~acme/`: for policies. `%`, `/`, `~`, `*`, `?`, `[`, `]`,
 * `\`, `^`, `$`, `{` and `}` of the scope are percent-encoded.
 */
export function scopePrefix(scope: string): string {
  return `~${scope.replace(SPECIAL, percentEncode)}/`;
}

/**
 * https://redis.io/docs/latest/commands/keys/ (glob-style patterns),
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html (StringLike) and
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html (`${…}`)
 */
const SPECIAL = /[%/~*?[\]\\^${}]/g;

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

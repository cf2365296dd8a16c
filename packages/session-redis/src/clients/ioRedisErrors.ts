import { isRedirection, messageOf, replyCode, type RedisErrorKind } from '../errors';

/** What is said of a command whose connection broke, where ioredis says nothing, or waits for another connection. */
export const CONNECTION_LOST = 'The connection was lost before the answer';

/** Of ioredis's own errors, which have no code, and names only now and then. The rest are the connection's, or bugs. */
const KINDS: readonly (readonly [words: RegExp, kind: RedisErrorKind])[] = [
  [/^(Connection is closed\.|Cluster is ended\.)$/, 'closed'],
  [new RegExp(`^(${CONNECTION_LOST}|Command aborted due to connection close)$`), 'cut'],
  [/^Command timed out$/, 'silent'],
  [/^Connection (in subscriber|is in monitoring) mode/, 'misused'],
];

/** What an error of ioredis means; of a cluster, which follows redirections itself, and gives up at its `maxRedirections`. */
export function kindOfIORedisError(error: unknown, ofCluster: boolean): RedisErrorKind {
  const cause = causeOf(error);
  const message = messageOf(cause);
  const kind = KINDS.find(([words]) => words.test(message))?.[1];
  if (kind !== undefined) return kind;
  if (ofCluster && isRedirection(cause)) return 'unreachable';
  if (replyCode(cause) !== undefined) return 'reply';
  const { name } = (cause ?? {}) as { name?: unknown };
  return name === 'TypeError' || name === 'RangeError' ? 'bug' : 'unreachable';
}

/** A cluster of which no node answers says what the last one said. */
export function causeOf(error: unknown): unknown {
  const { lastNodeError } = (error ?? {}) as { lastNodeError?: unknown };
  return lastNodeError ?? error;
}

/**
 * ioredis hangs on its errors the command with all its arguments: items' content, or the password, for what fails while
 * it connects fails each command that waits for that. They are taken off, and the error stays what it is.
 */
export function withoutCommand(error: unknown): unknown {
  for (const each of [error, causeOf(error)]) {
    if (typeof each === 'object' && each !== null) Reflect.deleteProperty(each, 'command');
  }
  return error;
}

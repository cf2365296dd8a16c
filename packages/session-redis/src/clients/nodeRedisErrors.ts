import { messageOf, replyCode, type RedisErrorKind } from '../errors';
import type { NodeRedisClient } from './nodeRedisClient';

/** Most of node-redis's own errors have no code or name, and may be of another realm: their messages tell them apart. */
export function kindOfNodeRedisError(error: unknown): RedisErrorKind {
  const message = messageOf(error);
  // Of the client, or of one of those that it consists of.
  if (message === 'The client is closed') return 'closed';
  // By a signal of the client's own. The store's own signal ends a call before this is looked at.
  if (message === 'The command was aborted') return 'aborted';
  if (message === 'Socket closed unexpectedly') return 'cut';
  if (replyCode(error) !== undefined) return 'reply';
  const { name } = (error ?? {}) as { name?: unknown };
  // What is neither a reply nor a bug is the connection's: too many kinds to list.
  return name === 'TypeError' || name === 'RangeError' ? 'bug' : 'unreachable';
}

const connectionErrors = new WeakMap<NodeRedisClient, unknown>();

/** Keeps why a client of our own has no connection. The caller listens for the errors of any other. */
export function noteConnectionError(client: NodeRedisClient, error: unknown): void {
  connectionErrors.set(client, error);
}

export function lastConnectionErrorOf(client: NodeRedisClient): unknown {
  return connectionErrors.get(client);
}

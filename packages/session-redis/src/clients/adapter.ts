import type { TimeLimit } from '@agent-sessions/session-core/store';
import type { RedisErrorKind } from '../errors';
import type { SessionKeys } from '../layout/keys';
import type { RangeReplies, RangeRequest } from '../replies';
import type { ReplicasQuestion } from '../replicationState';
import type { RedisScript, RedisScriptCall } from '../scripts/script';

/**
 * What a store needs of a client, at the level of what it does, not of Redis's commands. The clients of `redis` and
 * `ioredis` have one in this package; for another client, pass an object of your own that has these methods as `client`.
 *
 * Every method rejects with the client's own error, which `kindOf` then tells about, and which must hold no argument of
 * the command. It sends nothing once `limit.signal` has aborted, not even what it has queued by then; or it hands its client
 * the very Buffers that it was called with, and the client keeps no copy until it sends: then what is sent later is refused by
 * the script, for the last of them says that the call is over.
 */
export interface RedisClientAdapter {
  /** False while there is no connection; undefined where the client does not tell. */
  readonly isConnected?: boolean | undefined;
  /** False before the client is connected for the first time, and once it is closed for good; undefined as above. */
  readonly isOpen?: boolean | undefined;
  /** Why there is no connection, where nobody else listens for the client's errors. */
  readonly lastConnectionError?: unknown;

  /**
   * Runs a script on the server that has the keys: one round trip by `EVALSHA`, and `EVAL` after `NOSCRIPT`. Replies hold
   * bytes as `Buffer`, never as text, in RESP 2's shapes.
   */
  run(script: RedisScript, call: RedisScriptCall, limit: TimeLimit): Promise<unknown>;

  /**
   * Reads a session, or its end, without a script, at half a script's cost, for Lua copies each record twice: in one round
   * trip and in this order, on one connection to one server, `HMGET meta ...fields`, with `withLength` `LLEN items`,
   * `LRANGE items start -1`, `HMGET meta state` and, with `withExpiry`, `PTTL meta`; and `PTTL others` where that key is
   * named, of which a refusal fails nothing. Leave it out where that cannot be promised.
   *
   * @returns undefined where this client cannot: the script is run then
   */
  readRange?(keys: SessionKeys, request: RangeRequest, limit: TimeLimit): Promise<RangeReplies | undefined>;

  /**
   * For `waitForReplicas`, in one round trip and on one connection to the server that has the key, because `WAIT` asks on
   * behalf of what its own connection has written: `EVAL` with the first call, `WAIT`, `EVAL` with the second. Without it,
   * that option is refused.
   *
   * @returns the replies to both scripts
   */
  askReplicas?(question: ReplicasQuestion, limit: TimeLimit): Promise<readonly [unknown, unknown]>;

  /** What an error that the client has thrown means. */
  kindOf(error: unknown): RedisErrorKind;
}

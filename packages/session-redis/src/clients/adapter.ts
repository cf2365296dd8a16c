import type { TimeLimit } from '@agent-sessions/session-core/store';
import type { ErrorKind } from '../errors';
import type { SessionKeys } from '../layout/keys';
import type { ReplicationState } from '../replicationState';
import type { RawHistory } from '../replies';
import type { Script, ScriptCall } from '../scripts/script';

/**
 * What a store needs of a client, at the level of what it does, not of Redis's commands. Each kind of client has one
 * implementation, in a file beside this one.
 */
export interface ClientAdapter {
  /** False while there is no connection; undefined where the client does not tell. */
  readonly isConnected: boolean | undefined;
  /** False before the client is connected for the first time, and once it is closed for good; undefined as above. */
  readonly isOpen: boolean | undefined;
  /** Why there is no connection, where nobody else listens for the client's errors. */
  readonly lastConnectionError: unknown;

  /** Runs a script: one round trip, or two on a server that does not know it yet. Replies hold bytes, never text. */
  run(script: Script, call: ScriptCall, limit: TimeLimit): Promise<unknown>;

  /**
   * Reads a whole session without a script, in one round trip, at half a script's cost: Lua copies each record twice.
   *
   * @returns undefined where only the script can tell: the client has several connections, somebody has committed
   * meanwhile, or the session is damaged
   */
  readWhole(keys: SessionKeys, withExpiry: boolean, limit: TimeLimit): Promise<RawHistory | undefined>;

  /**
   * How far the master of a session is, and how far its replicas are once it has asked them. One round trip, on one
   * connection, for `WAIT` asks on behalf of what its own connection has written.
   */
  askReplicas(
    meta: string,
    count: number,
    limit: TimeLimit,
  ): Promise<readonly [before: ReplicationState, after: ReplicationState]>;

  /** What an error that the client has thrown means. */
  kindOf(error: unknown): ErrorKind;
}

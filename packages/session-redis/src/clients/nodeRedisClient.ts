import { SessionError } from '@agent-sessions/session-core/store';
import type { ScriptCall } from '../scripts/script';

/**
 * What sessions use of a node-redis client: one made by `createClient`, `createClientPool`, `createCluster` or
 * `createSentinel` of `redis` 6, whatever its modules, RESP version and type mapping. Connect it, listen for
 * its errors, and close it yourself.
 */
export interface RedisSessionClient {
  withCommandOptions(options: RedisCommandOptions): RedisCommands;
  /** False while there is no connection. A pool does not have it. */
  readonly isReady?: boolean;
  /** False before it is connected for the first time, and when it is closed for good. */
  readonly isOpen?: boolean;
}

interface RedisCommandOptions {
  /** Replies as bytes, whatever the client's own mapping is: 36 is `RESP_TYPES.BLOB_STRING`. */
  readonly typeMapping: { readonly 36: typeof Buffer };
  /** No time limit of the client's own, a timer per command from `redis` 6 on: the store has one. */
  readonly timeout: 0;
  /** Takes a command that waits for a connection off the client's queue. */
  readonly abortSignal?: AbortSignal;
}

export interface RedisCommands {
  evalSha(sha1: string, call: ScriptCall): Promise<unknown>;
  eval(lua: string, call: ScriptCall): Promise<unknown>;
  hmGet(key: string, field: string): Promise<unknown>;
  lRange(key: string, start: number, stop: number): Promise<unknown>;
  pTTL(key: string): Promise<unknown>;
  multi(): RedisPipeline;
}

/** Commands that one connection carries, one behind the other. Each method but the last returns the pipeline itself. */
interface RedisPipeline {
  eval(lua: string, call: ScriptCall): unknown;
  wait(replicas: number, ms: number): unknown;
  execAsPipeline(): Promise<unknown>;
}

/** @throws `INVALID_ARGUMENT` */
export function assertNodeRedis(client: unknown): asserts client is RedisSessionClient {
  const { withCommandOptions } = (client ?? {}) as { readonly withCommandOptions?: unknown };
  if (typeof withCommandOptions !== 'function') {
    const hint = client instanceof Promise ? ': this is a promise, so await it' : '';
    throw new SessionError(
      'INVALID_ARGUMENT',
      `client must be a client of the package redis, version 6.3 or later${hint}`,
    );
  }
}

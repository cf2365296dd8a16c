import type { Buffer } from 'node:buffer';
import type { RedisScriptCall } from '../scripts/script';

/**
 * What sessions use of a node-redis client: one made by `createClient`, `createClientPool`, `createCluster` or
 * `createSentinel` of `redis` 5 or 6, whatever its modules, RESP version and type mapping. Connect it, listen for
 * its errors, and close it yourself.
 */
export interface NodeRedisClient {
  withCommandOptions(options: NodeRedisCommandOptions): NodeRedisCommands;
  /** False while there is no connection. A pool does not have it. */
  readonly isReady?: boolean;
  /** False before it is connected for the first time, and when it is closed for good. */
  readonly isOpen?: boolean;
  readonly options?: object | undefined;
}

export interface NodeRedisCommandOptions {
  /** Replies as bytes, whatever the client's own mapping is: 36 is `RESP_TYPES.BLOB_STRING`. */
  readonly typeMapping: { readonly 36: typeof Buffer };
  /** No time limit of the client's own, a timer per command from `redis` 6 on: the store has one. */
  readonly timeout: 0;
  /** Takes a command that waits for a connection off the client's queue. */
  readonly abortSignal?: AbortSignal;
}

export interface NodeRedisCommands {
  evalSha(sha1: string, call: RedisScriptCall): Promise<unknown>;
  eval(lua: string, call: RedisScriptCall): Promise<unknown>;
  hmGet(key: string, fields: string[]): Promise<unknown>;
  lLen(key: string): Promise<unknown>;
  lRange(key: string, start: number, stop: number): Promise<unknown>;
  pTTL(key: string): Promise<unknown>;
  multi(): NodeRedisPipeline;
}

/** Of a plain client. */
export interface NodeRedisPlainCommands extends NodeRedisCommands {
  sendCommand(args: (string | Buffer)[]): Promise<unknown>;
}

/** Commands that one connection carries, one behind the other. Each method but the last returns the pipeline itself. */
interface NodeRedisPipeline {
  eval(lua: string, call: RedisScriptCall): unknown;
  wait(replicas: number, ms: number): unknown;
  execAsPipeline(): Promise<unknown>;
}

export function isNodeRedis(client: object): client is NodeRedisClient {
  return typeof (client as Partial<NodeRedisClient>).withCommandOptions === 'function';
}

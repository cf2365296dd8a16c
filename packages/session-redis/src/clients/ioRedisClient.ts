import type { Buffer } from 'node:buffer';
/**
 * What sessions use of an ioredis client: a `Redis`, also one with `sentinels`, or a `Cluster`, of `ioredis` 5 or 6,
 * whatever its options. Listen for its errors, and close it yourself.
 */
export interface IORedisClient {
  readonly status: string;
  readonly options: { readonly enableAutoPipelining?: boolean | undefined };
  connect(): Promise<unknown>;
  /** Replies as bytes. The command's name in lower case: earlier versions know by no other which arguments are keys. */
  callBuffer(command: string, ...args: IORedisArgument[]): Promise<unknown>;
  /** Commands that one connection carries, one behind the other. */
  pipeline(): IORedisPipeline;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  removeListener(event: string, listener: (...args: unknown[]) => void): unknown;
}

export interface IORedisPipeline {
  callBuffer(command: string, ...args: IORedisArgument[]): unknown;
  /** An `[error, reply]` per command; null for a transaction that was not made. */
  exec(): Promise<readonly (readonly [error: unknown, reply?: unknown])[] | null>;
}

export type IORedisArgument = string | Buffer | number;

export function isIORedis(client: object): client is IORedisClient {
  const { callBuffer, pipeline, status } = client as Partial<IORedisClient>;
  return typeof callBuffer === 'function' && typeof pipeline === 'function' && typeof status === 'string';
}

/** A plain client has one connection, to a server or to the master that sentinels name. */
export function isCluster(client: IORedisClient): boolean {
  return 'nodes' in client;
}

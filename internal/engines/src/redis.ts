import { findBinary } from './findBinary';
import { startRedisServer, type RedisEngine } from './redisServer';

export interface RedisOptions {
  /** A fixed port, to start a server again where one was killed. */
  readonly port?: number;
  /** More of redis-server's arguments: `['--maxmemory', '2mb']`. They override the engine's own. */
  readonly args?: readonly string[];
}

/**
 * The server that `REDIS_URL` names, otherwise one started here with nothing in it. Someone who passes options needs a
 * server made to measure, and so always gets a new one.
 *
 * @throws when there is no `redis-server` to start, saying how to get one.
 */
export async function startRedis(options?: RedisOptions): Promise<RedisEngine> {
  const url = process.env.REDIS_URL;
  return url !== undefined && url !== '' && options === undefined
    ? namedServer(url)
    : startRedisServer(options);
}

export const VALKEY_MISSING =
  'Valkey is not installed. Install it (Debian 13, Ubuntu 24.04: sudo apt-get install valkey-server; macOS: brew install ' +
  'valkey), or on Debian let VALKEY=1 npm test do it, as root.';

/** A Valkey server's binary, which Debian's valkey-tools brings under the name of one of its tools alone. */
export function findValkey(): string | undefined {
  return findBinary('valkey-server', 'valkey-check-rdb');
}

/** @throws when there is no Valkey server to start, saying how to get one. */
export async function startValkey(options?: RedisOptions): Promise<RedisEngine> {
  const binary = findValkey();
  if (binary === undefined) throw new Error(VALKEY_MISSING);
  return startRedisServer(options, binary);
}

function namedServer(url: string): RedisEngine {
  const { hostname, port } = new URL(url);
  return {
    url,
    host: hostname,
    port: port === '' ? 6379 : Number(port),
    pid: undefined,
    stop: () => Promise.resolve(),
  };
}

import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findBinary } from './findBinary';
import { redisCommand } from './resp';
import { startServer } from './startServer';

export interface RedisEngine {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Undefined for a server that `REDIS_URL` names. */
  readonly pid: number | undefined;
  /** Stops what was started here; a server that `REDIS_URL` names is left alone. */
  readonly stop: () => Promise<void>;
}

export const REDIS_MISSING =
  'redis-server is not installed. Install it (Debian, Ubuntu: sudo apt-get install redis-server; macOS: brew install redis), ' +
  'or set REDIS_URL to a Redis ≥ 6.2 or a Valkey server, for instance redis://127.0.0.1:6379.';

/**
 * A Redis or Valkey server's binary. Debian's redis-tools brings the server under the name of one of its tools alone: the
 * program looks at the name that it is started by.
 */
export function findRedis(): string | undefined {
  return findBinary('redis-server', 'valkey-server', 'redis-check-rdb');
}

/** What the program says of itself: `Redis server v=8.0.2`, and where it lies. */
export function describeRedis(binary: string): string {
  // By its server's name, whatever the file is called.
  const { stdout: version } = spawnSync(binary, ['--version'], { argv0: SERVER, encoding: 'utf8' });
  const name = /^.*? v=\S+/.exec(version)?.[0] ?? version.trim();
  return basename(binary) === SERVER ? `${name}, ${binary}` : `${name}, ${binary} run as ${SERVER}`;
}

const SERVER = 'redis-server';

export interface RedisServerPlan {
  /** Omitted: a free one. */
  readonly port?: number | undefined;
  readonly highestPort?: number | undefined;
  /** A configuration file, which the arguments override. */
  readonly config?: string;
  /** After the engine's own arguments, which they override. */
  readonly args?: readonly string[] | undefined;
}

const SOCKET = 'redis.sock';

/** @throws when there is no binary, saying how to get one. */
export async function startRedisServer(
  plan: RedisServerPlan = {},
  binary = findRedis(),
): Promise<RedisEngine> {
  if (binary === undefined) throw new Error(REDIS_MISSING);
  const { config = '', args = [] } = plan;
  const { port, server } = await startServer({
    binary: (dir) => {
      const link = join(dir, SERVER);
      symlinkSync(binary, link);
      return link;
    },
    port: plan.port,
    highestPort: plan.highestPort,
    args: (port, dir) => [
      configFile(dir, config),
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
      ...['--unixsocket', join(dir, SOCKET)],
      ...args,
    ],
    // The socket is in this server's own directory, and opens after the port: no other server can answer on it, whatever
    // passwords or certificates the arguments ask for.
    answers: (_port, { dir }) =>
      redisCommand({ path: join(dir, SOCKET) }, 'PING').then(
        () => true,
        (error: unknown) => /^(NOAUTH|NOPERM|MASTERDOWN)/.test((error as Error).message),
      ),
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    pid: server.pid,
    stop: () => server.stop(),
  };
}

function configFile(dir: string, config: string): string {
  const file = join(dir, 'redis.conf');
  writeFileSync(file, config);
  return file;
}

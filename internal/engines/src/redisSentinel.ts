import { startRedisServer, type RedisEngine } from './redisServer';
import { redisCommand } from './resp';
import { startAll, stopAll } from './startAll';
import { until } from './until';

export interface SentinelGroup {
  /** What the sentinels call the master. */
  readonly name: string;
  readonly sentinels: readonly RedisEngine[];
  /** What a sentinel client begins with. */
  readonly rootNodes: readonly { readonly host: string; readonly port: number }[];
  /** The master and its replica, as they were at the start. */
  readonly master: RedisEngine;
  readonly replica: RedisEngine;
  /** The port of whom the sentinels take for the master now. */
  readonly masterPort: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

const NAME = 'main';
const SENTINELS = 3;

/** A master, its replica, and three sentinels. A master that is killed is replaced within a few seconds. */
export async function startSentinel(
  options: { readonly args?: readonly string[] } = {},
): Promise<SentinelGroup> {
  const started: RedisEngine[] = [];
  try {
    const master = await startRedisServer({ args: [...FAST_SYNC, ...(options.args ?? [])] });
    started.push(master);
    const replica = await startRedisServer({
      args: ['--replicaof', `${master.host} ${master.port}`, ...FAST_SYNC, ...(options.args ?? [])],
    });
    started.push(replica);
    const sentinels = await startAll(SENTINELS, () =>
      startRedisServer({ config: sentinelConfig(master), args: ['--sentinel'] }),
    );
    started.push(...sentinels);
    const group: SentinelGroup = {
      name: NAME,
      sentinels,
      rootNodes: sentinels.map(({ host, port }) => ({ host, port })),
      master,
      replica,
      masterPort: () => masterPortAt(sentinels),
      stop: () => stopAll(started),
    };
    await Promise.all(
      sentinels.map((sentinel) => until('a sentinel knows its group', () => knowsAll(sentinel))),
    );
    return group;
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

const FAST_SYNC = ['--repl-diskless-sync-delay', '0'];

function sentinelConfig({ host, port }: RedisEngine): string {
  return [
    `sentinel monitor ${NAME} ${host} ${port} 2`,
    `sentinel down-after-milliseconds ${NAME} 1000`,
    `sentinel failover-timeout ${NAME} 5000`,
    '',
  ].join('\n');
}

async function knowsAll(sentinel: RedisEngine): Promise<boolean> {
  const words = (await redisCommand(sentinel, 'SENTINEL', 'MASTER', NAME)) as string[];
  const state = new Map(words.map((word, index) => [word, words[index + 1]]));
  return state.get('num-slaves') === '1' && state.get('num-other-sentinels') === `${SENTINELS - 1}`;
}

/** By the first sentinel that answers. */
async function masterPortAt(sentinels: readonly RedisEngine[]): Promise<number> {
  const [, port] = (await Promise.any(
    sentinels.map((sentinel) => redisCommand(sentinel, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)),
  )) as string[];
  return Number(port);
}

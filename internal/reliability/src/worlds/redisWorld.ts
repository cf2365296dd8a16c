import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  redisCommand,
  startFaultProxy,
  startRedis,
  type FaultProxy,
  type RedisEngine,
  type Reply,
} from '@agent-sessions/engines';
import type { Tally } from '../workload/tally';
import { connectRedis, KEY_PREFIX } from './redisConnection';
import type { Connection, World } from './world';

export interface RedisWorldOptions {
  /** Writes each command to disk before it is answered, so that a killed server can be started again. */
  readonly durable?: boolean;
  readonly args?: readonly string[];
  /** How long clients wait before they reconnect. */
  readonly reconnectMs?: number | undefined;
}

/** A Redis server of its own. */
export class RedisWorld implements World {
  static async open(options: RedisWorldOptions = {}): Promise<RedisWorld> {
    const dir = mkdtempSync(join(tmpdir(), 'reliability-redis-'));
    const durable = options.durable
      ? ['--dir', dir, '--appendonly', 'yes', '--appendfsync', 'always', '--auto-aof-rewrite-percentage', '0']
      : [];
    const args = [...durable, ...(options.args ?? [])];
    const engine = await startRedis({ args });
    const proxy = await startFaultProxy(engine);
    const judge = await connectRedis(engine.port, RECONNECT_MS);
    return new RedisWorld(engine, proxy, judge, {
      dir,
      args,
      reconnectMs: options.reconnectMs ?? RECONNECT_MS,
    });
  }

  #engine: RedisEngine;
  /** Of servers that were killed; they forget. */
  readonly #errorsBefore = new Map<string, number>();
  #requestsBefore = 0;

  private constructor(
    engine: RedisEngine,
    readonly proxy: FaultProxy,
    readonly judge: Connection,
    private readonly options: { dir: string; args: readonly string[]; reconnectMs: number },
  ) {
    this.#engine = engine;
  }

  newProxy(): Promise<FaultProxy> {
    return startFaultProxy(this.#engine);
  }

  connect(): Promise<Connection> {
    return connectRedis(this.proxy.port, this.options.reconnectMs);
  }

  address(port: number): string {
    return `${port}`;
  }

  /** Over a connection of its own, straight to the server. */
  command(...words: string[]): Promise<Reply> {
    return redisCommand({ host: this.#engine.host, port: this.#engine.port }, ...words);
  }

  /** Kills the server, and starts it again on its data. More arguments count for this start only. */
  async restart(args: readonly string[] = []): Promise<void> {
    this.#requestsBefore = await this.requests();
    for (const [code, count] of await this.errors()) this.#errorsBefore.set(code, count);
    const { pid, port } = this.#engine;
    if (pid === undefined) throw new Error('this server is not ours to kill');
    process.kill(pid, 'SIGKILL');
    await this.#engine.stop();
    this.#engine = await startRedis({ port, args: [...this.options.args, ...args] });
  }

  /** How often the server answered with each error code. */
  async errors(): Promise<Map<string, number>> {
    const errors = new Map(this.#errorsBefore);
    for (const [, code = '', count] of (await this.#info('errorstats')).matchAll(
      /^errorstat_(\w+):count=(\d+)/gm,
    )) {
      errors.set(code, (this.#errorsBefore.get(code) ?? 0) + Number(count));
    }
    return errors;
  }

  async requests(): Promise<number> {
    const calls = (await this.#info('commandstats')).matchAll(
      /^cmdstat_(?:eval|evalsha|lrange):calls=(\d+)/gm,
    );
    return [...calls].reduce((sum, [, count]) => sum + Number(count), this.#requestsBefore);
  }

  async cleanUp(sessionId: string): Promise<void> {
    await this.judge.session({ sessionId }).clearSession();
  }

  async rubbish(sessionId: string): Promise<string[]> {
    const { meta } = this.keysOf(sessionId);
    const keys = (await this.command('KEYS', `*{${sessionId}}*`)) as string[];
    const expires = Number(await this.command('PTTL', meta)) !== -1;
    return keys.filter((key) => key !== meta || !expires);
  }

  keysOf(sessionId: string): { readonly items: string; readonly meta: string } {
    const tagged = `${KEY_PREFIX}:{${sessionId}}`;
    return { items: `${tagged}:items`, meta: `${tagged}:meta` };
  }

  async countFaults(figures: Tally): Promise<void> {
    figures.addAll(this.proxy.counts, 'network: ');
    figures.addAll(await this.errors(), 'server: ');
  }

  async close(): Promise<void> {
    await this.judge.close();
    await this.proxy.stop();
    await this.#engine.stop();
    rmSync(this.options.dir, { recursive: true, force: true });
  }

  async #info(section: string): Promise<string> {
    return (await this.command('INFO', section)) as string;
  }
}

/** Short, so that a run is spent on faults rather than on waiting after them. */
const RECONNECT_MS = 5;

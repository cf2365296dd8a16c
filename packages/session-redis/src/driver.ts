import { NO_HISTORY, type Revision, type TimeLimit } from '@agent-sessions/session-core/store';
import { isRedirection, messageOf } from './errors';
import type { RedisCommands, RedisSessionClient, ScriptCall } from './redisClient';
import { toReplicationState, type ReplicationState } from './replicas';
import { isBuffers, toRawHistory, unknownReply, type RawHistory } from './replies';
import { READ } from './scripts/read';
import { REPLICAS } from './scripts/replicas';
import type { Script } from './scripts/script';

/**
 * A `WAIT` holds up whatever else its connection carries, so it is short: the replicas have been asked by then, and answer
 * also later. A server with nothing else to do looks at the time every 100 ms (`hz`), and so may take that long.
 */
const WAIT_MS = 20;
const OPTIONS = { typeMapping: { 36: Buffer }, timeout: 0 } as const;

export interface ReadOptions {
  /** Omitted: all. */
  readonly last?: number | undefined;
  /** Whether `remainingMs` is wanted. */
  readonly withExpiry: boolean;
}

/** Runs scripts on any kind of client. */
export class Driver {
  readonly #client: RedisSessionClient;
  /** Of a plain client: one connection, hence answers in the order of the commands, always from the same server. */
  readonly #plain: RedisCommands | undefined;

  constructor(client: RedisSessionClient) {
    this.#client = client;
    // Of the four kinds of clients, only the plain one makes pools.
    if ('createPool' in client) this.#plain = client.withCommandOptions(OPTIONS);
  }

  /** One round trip, or two on a server that does not know the script yet. */
  async run({ sha1, lua }: Script, call: ScriptCall, limit: TimeLimit): Promise<unknown> {
    const commands = this.#commands(limit);
    try {
      return await commands.evalSha(sha1, call);
    } catch (error) {
      if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
      limit.signal.throwIfAborted();
      return commands.eval(lua, call);
    }
  }

  /** One round trip, or two when somebody commits at the same moment. */
  async read(
    keys: [string, string],
    { last, withExpiry }: ReadOptions,
    limit: TimeLimit,
  ): Promise<RawHistory> {
    const whole = last === undefined ? await this.#readWhole(keys, withExpiry, limit) : undefined;
    if (whole !== undefined) return whole;
    const start = last === undefined ? '0' : `-${last}`;
    const reply = await this.run(READ, { keys, arguments: [start] }, limit);
    return toRawHistory(reply);
  }

  /**
   * How far the master of a session is, and how far its replicas are once it has asked them. One round trip, on one
   * connection, for `WAIT` asks on behalf of what its own connection has written.
   */
  async askReplicas(
    meta: string,
    count: number,
    limit: TimeLimit,
  ): Promise<readonly [before: ReplicationState, after: ReplicationState]> {
    const keys = [meta];
    const commands = this.#commands(limit);
    const pipeline = commands.multi();
    pipeline.eval(REPLICAS, { keys, arguments: ['1'] });
    pipeline.wait(count, WAIT_MS);
    pipeline.eval(REPLICAS, { keys, arguments: ['0'] });
    try {
      const [before, , after] = (await pipeline.execAsPipeline()) as unknown[];
      return [toReplicationState(before), toReplicationState(after)];
    } catch (error) {
      if (!isRedirection(error)) throw error;
      // While a cluster moves the slot, only single commands find the key. Replicas also report unasked, once a second.
      const state = toReplicationState(await commands.eval(REPLICAS, { keys, arguments: ['0'] }));
      return [state, state];
    }
  }

  /**
   * What the script would read, at half its cost, for Lua copies each record twice. The same revision before and after
   * the records is theirs: none comes back. Undefined where only the script can tell.
   */
  async #readWhole(
    [items, meta]: [string, string],
    withExpiry: boolean,
    limit: TimeLimit,
  ): Promise<RawHistory | undefined> {
    if (this.#plain === undefined) return undefined;
    const commands = this.#commands(limit);
    const replies: readonly unknown[] = await Promise.all([
      commands.hmGet(meta, 'rev'),
      commands.lRange(items, 0, -1),
      commands.hmGet(meta, 'rev'),
      withExpiry ? commands.pTTL(meta) : -1,
    ]);
    const [revision, elements, after, remainingMs] = replies;
    if (!isBuffers(elements) || typeof remainingMs !== 'number') throw unknownReply(elements);
    const before = fieldOf(revision);
    const isTheirs = before === fieldOf(after) && lengthAt(before) === elements.length;
    return isTheirs ? { revision: before ?? NO_HISTORY, elements, remainingMs } : undefined;
  }

  #commands(limit: TimeLimit): RedisCommands {
    // A connected plain client sends a command at once: there is nothing to abort, and a signal has its price.
    if (this.#plain !== undefined && this.#client.isReady === true) return this.#plain;
    return this.#client.withCommandOptions({ ...OPTIONS, abortSignal: limit.signal });
  }
}

/** Of the reply to HMGET with one field; undefined where there is none. */
function fieldOf(reply: unknown): string | undefined {
  const [value, ...more] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (more.length > 0 || !(value === null || Buffer.isBuffer(value))) throw unknownReply(reply);
  return value === null ? undefined : value.toString('latin1');
}

/** How many records there were after the commit that made this revision; NaN for what the scripts take for no revision. */
function lengthAt(revision: Revision | undefined): number {
  if (revision === undefined) return 0;
  return revision.length > 128 ? NaN : Number(/^\d+\.(\d+)\.[\w-]+$/.exec(revision)?.[1]);
}

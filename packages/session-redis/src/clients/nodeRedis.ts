import type { TimeLimit } from '@agent-sessions/session-core/store';
import { isRedirection, messageOf } from '../errors';
import type { SessionKeys } from '../layout/keys';
import { revisionIn } from '../layout/revision';
import { toReplicationState, type ReplicationState } from '../replicationState';
import { isBuffers, unknownReply, type RawHistory } from '../replies';
import { REPLICAS } from '../scripts/replicas';
import type { Script, ScriptCall } from '../scripts/script';
import type { ClientAdapter } from './adapter';
import type { RedisCommands, RedisSessionClient } from './nodeRedisClient';
import { kindOfNodeRedisError, lastConnectionErrorOf } from './nodeRedisErrors';

/**
 * A `WAIT` holds up whatever else its connection carries, so it is short: the replicas have been asked by then, and answer
 * also later. A server with nothing else to do looks at the time every 100 ms (`hz`), and so may take that long.
 */
const WAIT_MS = 20;
const OPTIONS = { typeMapping: { 36: Buffer }, timeout: 0 } as const;

/** On a client of the package `redis`, of any of its four kinds. */
export class NodeRedisAdapter implements ClientAdapter {
  readonly #client: RedisSessionClient;
  /** Of a plain client: one connection, hence answers in the order of the commands, always from the same server. */
  readonly #plain: RedisCommands | undefined;

  readonly kindOf = kindOfNodeRedisError;

  constructor(client: RedisSessionClient) {
    this.#client = client;
    // Of the four kinds of clients, only the plain one makes pools.
    if ('createPool' in client) this.#plain = client.withCommandOptions(OPTIONS);
  }

  get isConnected(): boolean | undefined {
    return this.#client.isReady;
  }

  get isOpen(): boolean | undefined {
    return this.#client.isOpen;
  }

  get lastConnectionError(): unknown {
    return lastConnectionErrorOf(this.#client);
  }

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

  /** A state that is the same before and after the records is the state of these records, because no revision comes back. */
  async readWhole(
    [items, meta]: SessionKeys,
    withExpiry: boolean,
    limit: TimeLimit,
  ): Promise<RawHistory | undefined> {
    if (this.#plain === undefined) return undefined;
    const commands = this.#commands(limit);
    const replies: readonly unknown[] = await Promise.all([
      commands.hmGet(meta, 'state'),
      commands.lRange(items, 0, -1),
      commands.hmGet(meta, 'state'),
      withExpiry ? commands.pTTL(meta) : -1,
    ]);
    const [before, elements, after, remainingMs] = replies;
    if (!isBuffers(elements) || typeof remainingMs !== 'number') throw unknownReply(elements);
    const state = fieldOf(before);
    if (state !== fieldOf(after)) return undefined;
    const revision = revisionIn(state, elements.length);
    return revision === undefined ? undefined : { revision, elements, remainingMs };
  }

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

  #commands(limit: TimeLimit): RedisCommands {
    // A connected plain client sends a command at once: there is nothing to abort, and a signal has its price.
    if (this.#plain !== undefined && this.#client.isReady === true) return this.#plain;
    return this.#client.withCommandOptions({ ...OPTIONS, abortSignal: limit.signal });
  }
}

/** Of the reply to HMGET with one field; empty where there is none. */
function fieldOf(reply: unknown): string {
  const [value, ...more] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (more.length > 0 || !(value === null || Buffer.isBuffer(value))) throw unknownReply(reply);
  return value === null ? '' : value.toString('latin1');
}

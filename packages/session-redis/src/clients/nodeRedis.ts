import { Buffer } from 'node:buffer';
import type { TimeLimit } from '@agent-sessions/session-core/store';
import type { SessionKeys } from '../layout/keys';
import type { RangeReplies, RangeRequest } from '../replies';
import type { ReplicasQuestion } from '../replicationState';
import type { RedisScript, RedisScriptCall } from '../scripts/script';
import type { RedisClientAdapter } from './adapter';
import { evalSha } from './evalSha';
import type { NodeRedisClient, NodeRedisCommands } from './nodeRedisClient';
import { isPlain, shortCommands } from './nodeRedisPlain';
import { kindOfNodeRedisError, lastConnectionErrorOf } from './nodeRedisErrors';

const STATE = ['state'];
const OPTIONS = { typeMapping: { 36: Buffer }, timeout: 0 } as const;
/** Scripts that a client may have without an answer, before each further one gets a signal. */
const MOST_UNSIGNALLED = 1_000;

/** On a client of the package `redis`, of any of its four kinds. */
export class NodeRedisAdapter implements RedisClientAdapter {
  readonly #client: NodeRedisClient;
  /** Of a plain client: one connection, hence answers in the order of the commands, always from the same server. */
  readonly #plain: NodeRedisCommands | undefined;
  /** How many scripts have no answer yet, those of calls that are over included. */
  #unanswered = 0;

  readonly kindOf = kindOfNodeRedisError;

  constructor(client: NodeRedisClient) {
    this.#client = client;
    if (isPlain(client)) this.#plain = shortCommands(client, OPTIONS);
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

  async run(script: RedisScript, call: RedisScriptCall, limit: TimeLimit): Promise<unknown> {
    const commands = this.#commands(limit);
    this.#unanswered++;
    try {
      return await evalSha(script, limit, (command, text) =>
        command === 'evalsha' ? commands.evalSha(text, call) : commands.eval(text, call),
      );
    } finally {
      this.#unanswered--;
    }
  }

  async readRange(
    [items, meta]: SessionKeys,
    { start, fields, withLength, withExpiry, others }: RangeRequest,
    limit: TimeLimit,
  ): Promise<RangeReplies | undefined> {
    if (this.#plain === undefined) return undefined;
    const commands = this.#commands(limit);
    const [before, length, elements, after, remainingMs, othersMs] = await Promise.all([
      commands.hmGet(meta, fields),
      withLength ? commands.lLen(items) : undefined,
      commands.lRange(items, start, -1),
      commands.hmGet(meta, STATE),
      withExpiry ? commands.pTTL(meta) : undefined,
      others === undefined ? undefined : commands.pTTL(others).catch(() => undefined),
    ]);
    return { before, length, elements, after, remainingMs, othersMs };
  }

  async askReplicas(
    { lua, before, replicas, waitMs, after }: ReplicasQuestion,
    limit: TimeLimit,
  ): Promise<readonly [unknown, unknown]> {
    const pipeline = this.#commands(limit).multi();
    pipeline.eval(lua, before);
    pipeline.wait(replicas, waitMs);
    pipeline.eval(lua, after);
    const [first, , last] = (await pipeline.execAsPipeline()) as unknown[];
    return [first, last];
  }

  /**
   * Also a connected client keeps commands back, while its socket takes no more, and sends them when it does, or over its next
   * connection. A read that is late does no harm, nor does a change, whose seal is broken by then (layout/seal.ts):
   * a signal per command would take a fifth of an append. While there is no connection, or a server that has stopped leaves
   * more and more without an answer, it keeps the queue short, and with it the memory that the items in it take.
   */
  #commands(limit: TimeLimit): NodeRedisCommands {
    const isAnswering = this.#client.isReady === true && this.#unanswered < MOST_UNSIGNALLED;
    if (this.#plain !== undefined && isAnswering) return this.#plain;
    return this.#client.withCommandOptions({ ...OPTIONS, abortSignal: limit.signal });
  }
}

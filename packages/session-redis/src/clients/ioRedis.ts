import type { TimeLimit } from '@agent-sessions/session-core/store';
import type { RedisErrorKind } from '../errors';
import type { SessionKeys } from '../layout/keys';
import { unknownReply, type RangeReplies, type RangeRequest } from '../replies';
import type { ReplicasQuestion } from '../replicationState';
import type { RedisScript, RedisScriptCall } from '../scripts/script';
import type { RedisClientAdapter } from './adapter';
import { evalSha } from './evalSha';
import { isCluster, type IORedisArgument, type IORedisClient, type IORedisPipeline } from './ioRedisClient';
import { IORedisConnection } from './ioRedisConnection';
import { kindOfIORedisError, withoutCommand } from './ioRedisErrors';

/** On a client of the package `ioredis`: a server, the master that sentinels name, or a cluster. */
export class IORedisAdapter implements RedisClientAdapter {
  readonly #client: IORedisClient;
  readonly #connection: IORedisConnection;
  readonly #isCluster: boolean;

  constructor(client: IORedisClient) {
    this.#client = client;
    this.#connection = new IORedisConnection(client);
    this.#isCluster = isCluster(client);
  }

  get isConnected(): boolean {
    return this.#connection.isReady && this.isOpen;
  }

  get isOpen(): boolean {
    return this.#client.status !== 'end';
  }

  get lastConnectionError(): unknown {
    return this.#connection.lastError;
  }

  kindOf(error: unknown): RedisErrorKind {
    return kindOfIORedisError(error, this.#isCluster);
  }

  async run(script: RedisScript, call: RedisScriptCall, limit: TimeLimit): Promise<unknown> {
    if (!this.#connection.isReady) await this.#connection.untilReady(limit);
    return evalSha(script, limit, (command, text) => this.#send(command, text, call));
  }

  async readRange(
    [items, meta]: SessionKeys,
    { start, fields, withLength, withExpiry, others }: RangeRequest,
    limit: TimeLimit,
  ): Promise<RangeReplies | undefined> {
    if (this.#isCluster) return undefined;
    if (!this.#connection.isReady) await this.#connection.untilReady(limit);
    const pipeline = this.#client.pipeline();
    pipeline.callBuffer('hmget', meta, ...fields);
    if (withLength) pipeline.callBuffer('llen', items);
    pipeline.callBuffer('lrange', items, start, -1);
    pipeline.callBuffer('hmget', meta, 'state');
    if (withExpiry) pipeline.callBuffer('pttl', meta);
    if (others !== undefined) pipeline.callBuffer('pttl', others);
    const refusable = others === undefined ? 0 : 1;
    const replies = [...(await this.#connection.send(() => repliesOf(pipeline, refusable)))];
    const before = replies.shift();
    const length = withLength ? replies.shift() : undefined;
    const [elements, after] = replies.splice(0, 2);
    const remainingMs = withExpiry ? replies.shift() : undefined;
    return { before, length, elements, after, remainingMs, othersMs: replies.shift() };
  }

  async askReplicas(
    { lua, before, replicas, waitMs, after }: ReplicasQuestion,
    limit: TimeLimit,
  ): Promise<readonly [unknown, unknown]> {
    if (!this.#connection.isReady) await this.#connection.untilReady(limit);
    const pipeline = this.#client.pipeline();
    pipeline.callBuffer('eval', ...scriptArguments(lua, before));
    pipeline.callBuffer('wait', replicas, waitMs);
    pipeline.callBuffer('eval', ...scriptArguments(lua, after));
    const [first, , last] = await this.#connection.send(() => repliesOf(pipeline));
    return [first, last];
  }

  #send(command: 'evalsha' | 'eval', text: string, call: RedisScriptCall): Promise<unknown> {
    const args = scriptArguments(text, call);
    // A command of an automatic pipeline meets what the others in it meet: on a cluster, the redirections of some are not
    // followed. One in a pipeline of its own does not.
    const sendNow =
      this.#client.options.enableAutoPipelining === true
        ? async (): Promise<unknown> => {
            const pipeline = this.#client.pipeline();
            pipeline.callBuffer(command, ...args);
            return (await repliesOf(pipeline))[0];
          }
        : (): Promise<unknown> => this.#client.callBuffer(command, ...args).catch(refuse);
    return this.#connection.send(sendNow);
  }
}

function scriptArguments(script: string, { keys, arguments: args }: RedisScriptCall): IORedisArgument[] {
  return [script, keys.length, ...keys, ...args];
}

function refuse(error: unknown): never {
  throw withoutCommand(error);
}

/**
 * @param refusable - how many of the last ones may fail; these are undefined then
 * @throws the first error among the others
 */
async function repliesOf(pipeline: IORedisPipeline, refusable = 0): Promise<readonly unknown[]> {
  let results: Awaited<ReturnType<IORedisPipeline['exec']>>;
  try {
    results = await pipeline.exec();
  } catch (error) {
    throw withoutCommand(error);
  }
  if (results === null) throw unknownReply(results);
  for (const [error] of results) withoutCommand(error);
  const failed = results.slice(0, results.length - refusable).find(([error]) => error !== null);
  if (failed !== undefined) throw failed[0];
  return results.map(([, reply]) => reply);
}

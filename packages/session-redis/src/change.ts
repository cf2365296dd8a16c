import type { Buffer } from 'node:buffer';
import { SessionError, type TimeLimit } from '@agent-sessions/session-core/store';
import type { RedisClientAdapter } from './clients/adapter';
import type { SessionKeys } from './layout/keys';
import { breakSeal } from './layout/seal';
import { askReplicas } from './replicationState';
import { toChangeReply, type ChangeReply } from './replies';
import type { RedisScript } from './scripts/script';

export interface ChangeRequest<Status extends string> {
  readonly script: RedisScript;
  /** What the script may say, besides that it is unsure. */
  readonly statuses: readonly Status[];
  readonly keys: SessionKeys;
  readonly id: string;
  /** A sequence number of the session from before now; 0 where the caller knows of none. */
  readonly since: string;
  /** The script's further arguments, but for the last. */
  readonly rest: readonly (string | Buffer)[];
  /** The last one: see layout/seal.ts. */
  readonly last: Buffer;
  readonly waitForReplicas: number | undefined;
}

/** The status of a reply that decides nothing: the script no longer knows whether an earlier try has made the change. */
const UNSURE = 'unsure';

/**
 * One change of a session, which is tried until it has an answer, and as many replicas as are waited for have all that
 * the answer rests on.
 */
export class Change<Status extends string> {
  readonly #client: RedisClientAdapter;
  readonly #request: ChangeRequest<Status>;
  #since: string;
  #wasSent = false;
  #reply: ChangeReply<Status> | undefined;
  /** The offset, under the reply's replication id, up to which there is all that the reply rests on. */
  #upTo: number | undefined;

  constructor(client: RedisClientAdapter, request: ChangeRequest<Status>) {
    this.#client = client;
    this.#request = request;
    this.#since = request.since;
  }

  /** @returns undefined where an earlier try may have made the change, and nobody knows any more. */
  async attempt(limit: TimeLimit): Promise<ChangeReply<Status> | undefined> {
    this.#reply ??= await this.#ask(limit);
    const { waitForReplicas } = this.#request;
    if (this.#reply !== undefined && waitForReplicas !== undefined) {
      await this.#confirm(this.#reply, waitForReplicas, limit);
    }
    return this.#reply;
  }

  /** To be called when the call is over, whatever it came to: what of it is sent later does nothing. */
  end(): void {
    breakSeal(this.#request.last);
  }

  async #ask(limit: TimeLimit): Promise<ChangeReply<Status> | undefined> {
    const isFirst = !this.#wasSent;
    this.#wasSent = true;
    let reply = await this.#run(limit);
    if (reply.status === UNSURE && isFirst) {
      // It was refused, so nothing has been made: what is remembered from this number on is enough to tell later.
      this.#since = reply.detail;
      reply = await this.#run(limit);
    }
    return isSure(reply) ? reply : undefined;
  }

  async #run(limit: TimeLimit): Promise<ChangeReply<Status | typeof UNSURE>> {
    const { script, keys, id, rest, last, statuses } = this.#request;
    const call = { keys, arguments: [id, this.#since, ...rest, last] };
    const reply = await this.#client.run(script, call, limit);
    return toChangeReply(reply, [...statuses, UNSURE], id);
  }

  async #confirm({ replicationId }: ChangeReply, count: number, limit: TimeLimit): Promise<void> {
    if (replicationId === '') return;
    const [before, after] = await askReplicas(this.#client, this.#request.keys[1], count, limit);
    if (before.replicationId === replicationId && after.replicationId === replicationId) {
      // The first of these offsets is behind the change; a later one would run away from a slow replica.
      const upTo = (this.#upTo ??= before.offset);
      if (after.acknowledged.filter((offset) => offset >= upTo).length >= count) return;
    } else {
      // Another master may lack the change. The script recognises it, or makes it there.
      this.#reply = this.#upTo = undefined;
    }
    throw new SessionError(
      'STORE_UNAVAILABLE',
      `the change was written, but not confirmed by ${count} replicas: a failover may lose it`,
    );
  }
}

function isSure<Status extends string>(
  reply: ChangeReply<Status | typeof UNSURE>,
): reply is ChangeReply<Status> {
  return reply.status !== UNSURE;
}

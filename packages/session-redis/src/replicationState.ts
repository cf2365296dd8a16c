import { Buffer } from 'node:buffer';
import { SessionError, type TimeLimit } from '@agent-sessions/session-core/store';
import type { RedisClientAdapter } from './clients/adapter';
import { isRedirection } from './errors';
import { unknownReply } from './replies';
import { REPLICAS } from './scripts/replicas';
import type { RedisScriptCall } from './scripts/script';

/**
 * A `WAIT` holds up whatever else its connection carries, so it is short: the replicas have been asked by then, and answer
 * also later. A server with nothing else to do looks at the time every 100 ms (`hz`), and so may take that long.
 */
const WAIT_MS = 20;

/** `EVAL lua` as `before` says, `WAIT replicas waitMs`, `EVAL lua` as `after` says. */
export interface ReplicasQuestion {
  readonly lua: string;
  readonly before: RedisScriptCall;
  readonly replicas: number;
  readonly waitMs: number;
  readonly after: RedisScriptCall;
}

/** What a master tells of itself and its replicas, as of one moment. */
export interface ReplicationState {
  /** Of this master. Only offsets under the same id can be compared. */
  readonly replicationId: string;
  /** Up to where it has written. */
  readonly offset: number;
  /** Up to where each of its replicas has said that it has everything. */
  readonly acknowledged: readonly number[];
}

/** How far the master of a session is, and how far its replicas are once it has asked them. One round trip. */
export async function askReplicas(
  client: RedisClientAdapter,
  meta: string,
  replicas: number,
  limit: TimeLimit,
): Promise<readonly [before: ReplicationState, after: ReplicationState]> {
  const call = (asks: '0' | '1'): RedisScriptCall => ({ keys: [meta], arguments: [asks] });
  if (client.askReplicas === undefined) throw cannotWait();
  const question = { lua: REPLICAS.lua, before: call('1'), replicas, waitMs: WAIT_MS, after: call('0') };
  try {
    const [before, after] = await client.askReplicas(question, limit);
    return [toReplicationState(before), toReplicationState(after)];
  } catch (error) {
    if (!isRedirection(error)) throw error;
    // While a cluster moves the slot, only single commands find the key. Replicas also report unasked, once a second.
    const state = toReplicationState(await client.run(REPLICAS, call('0'), limit));
    return [state, state];
  }
}

export function cannotWait(): SessionError {
  return new SessionError(
    'STORE_MISCONFIGURED',
    'this client cannot wait for replicas: leave out waitForReplicas, or use a client of redis or ioredis',
  );
}

/**
 * @param reply - of the script `REPLICAS`
 * @throws `STORE_FAILURE` for any other
 */
function toReplicationState(reply: unknown): ReplicationState {
  const text = typeof reply === 'string' || Buffer.isBuffer(reply) ? reply.toString() : '';
  if (!/^[0-9a-f]{1,40}( \d{1,19})+$/.test(text)) throw unknownReply(reply);
  const [replicationId = '', offset, ...acknowledged] = text.split(' ');
  return { replicationId, offset: Number(offset), acknowledged: acknowledged.map(Number) };
}

/** @throws `INVALID_ARGUMENT` */
export function assertWaitForReplicas(count: unknown): void {
  if (!Number.isSafeInteger(count) || (count as number) < 1) {
    throw new SessionError('INVALID_ARGUMENT', 'waitForReplicas must be a positive integer');
  }
}

import { Buffer } from 'node:buffer';
import { SessionError } from '@agent-sessions/session-core/store';
import { unknownReply } from './replies';

/** What a master tells of itself and its replicas, as of one moment. */
export interface ReplicationState {
  /** Of this master. Only offsets under the same id can be compared. */
  readonly replicationId: string;
  /** Up to where it has written. */
  readonly offset: number;
  /** Up to where each of its replicas has said that it has everything. */
  readonly acknowledged: readonly number[];
}

/**
 * @param reply - of the script `REPLICAS`
 * @throws `STORE_FAILURE` for any other
 */
export function toReplicationState(reply: unknown): ReplicationState {
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

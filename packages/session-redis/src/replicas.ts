import { SessionError } from '@agent-sessions/session-core';

/** What a master tells of itself and its replicas, as of one moment. */
export interface ReplicationState {
  /** The id of what this master replicates; offsets of the same history can be compared. */
  readonly history: string;
  /** Up to where it has written. */
  readonly offset: number;
  /** Up to where each of its replicas has said that it has everything. */
  readonly acknowledged: readonly number[];
}

/** @param reply - of the script `REPLICAS` */
export function toReplicationState(reply: unknown): ReplicationState {
  const [history = '', offset, ...acknowledged] = String(reply).split(' ');
  return { history, offset: Number(offset), acknowledged: acknowledged.map(Number) };
}

/** @throws `INVALID_ARGUMENT` */
export function assertWaitForReplicas(count: unknown): void {
  if (!Number.isSafeInteger(count) || (count as number) < 1) {
    throw new SessionError('INVALID_ARGUMENT', 'waitForReplicas must be a positive integer');
  }
}

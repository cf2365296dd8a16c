import { Buffer } from 'node:buffer';
import { SessionError, type Revision } from '@agent-sessions/session-core/store';
import { revisionIn, unnamedRevision } from './layout/revision';

/** What a script that changes a session says. */
export interface ChangeReply<Status extends string = string> {
  /** The replication id of what the reply rests on; empty where that is not to be confirmed. */
  readonly replicationId: string;
  readonly status: Status;
  /** The revision, or the sequence number to come again with; empty where there is neither. */
  readonly detail: string;
}

/** What was read of a session. */
export interface RawHistory {
  readonly revision: Revision;
  /** Of its list, oldest first: all of them, or the newest. */
  readonly elements: readonly Buffer[];
  /** Milliseconds until the hash expires; negative where it does not, or was not asked for. */
  readonly remainingMs: number;
}

/**
 * @param statuses - those that the script knows
 * @throws `STORE_FAILURE` for anything that is not one of its replies: nobody knows then what was done.
 */
export function toChangeReply<Status extends string>(
  reply: unknown,
  statuses: readonly Status[],
): ChangeReply<Status> {
  const [replicationId, word, detail, ...more] = Array.isArray(reply) ? reply.map(textOf) : [];
  const status = statuses.find((known) => known === word);
  if (replicationId === undefined || status === undefined || detail === undefined || more.length > 0) {
    throw unknownReply(reply);
  }
  return { replicationId, status, detail };
}

/**
 * @param reply - of the script `READ`
 * @throws `STORE_FAILURE` as above; `STORE_MISCONFIGURED` for text where bytes were asked for; `UNSUPPORTED_FORMAT`
 */
export function toRawHistory(reply: unknown): RawHistory {
  const [state, length, elements, remainingMs, ...more] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (typeof state === 'string' && Array.isArray(elements)) {
    throw new SessionError(
      'STORE_MISCONFIGURED',
      'this client ignores the type mapping, as createSentinel of redis 5 does: use redis 6.3',
    );
  }
  const isKnown = Buffer.isBuffer(state) && isBuffers(elements) && more.length === 0;
  if (!isKnown || typeof length !== 'number' || typeof remainingMs !== 'number') throw unknownReply(reply);
  return {
    revision: revisionIn(state.toString('latin1'), length) ?? unnamedRevision(),
    elements,
    remainingMs,
  };
}

export function isBuffers(value: unknown): value is Buffer[] {
  return Array.isArray(value) && value.every((element) => Buffer.isBuffer(element));
}

/** Of a reply that is of no known kind, and may hold anything: it is not quoted. */
export function unknownReply(reply: unknown): SessionError {
  if (textOf(reply) === 'QUEUED') {
    return new SessionError(
      'STORE_FAILURE',
      'Redis has put the command in a queue: somebody sent MULTI on this client, and its EXEC will make the change. Give ' +
        'sessions a client of their own, or use client.multi()',
    );
  }
  const kind = Array.isArray(reply) ? `a list of ${reply.length}` : reply === null ? 'null' : typeof reply;
  return new SessionError(
    'STORE_FAILURE',
    `an answer of an unknown kind (${kind}): a proxy, a server that is not Redis, or something that wraps the client made ` +
      'it. The change was made or was not, as a whole',
  );
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString() : undefined;
}

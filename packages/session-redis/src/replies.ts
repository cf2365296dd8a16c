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

/** The replies to the commands that read a whole session without a script. */
export interface WholeHistoryReplies {
  /** To `HMGET meta state`, before the elements. */
  readonly before: unknown;
  /** To `LRANGE items 0 -1`. */
  readonly elements: unknown;
  /** To `HMGET meta state`, after the elements. */
  readonly after: unknown;
  /** To `PTTL meta`; -1 where it was not asked for. */
  readonly remainingMs: unknown;
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
      'this client gives text where bytes are asked for, as createSentinel of redis 5 does: use redis 6.3, or create it with ' +
        'commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }',
    );
  }
  const numbers = { length: toInteger(length), remainingMs: toInteger(remainingMs) };
  const isKnown = Buffer.isBuffer(state) && isBuffers(elements) && more.length === 0;
  if (!isKnown || numbers.length === undefined || numbers.remainingMs === undefined)
    throw unknownReply(reply);
  return {
    revision: revisionIn(state.toString('latin1'), numbers.length) ?? unnamedRevision(),
    elements,
    remainingMs: numbers.remainingMs,
  };
}

/**
 * A state that is the same before and after the records is the state of these records, because no revision comes back.
 *
 * @returns undefined where only the script can tell: somebody has committed meanwhile, or the session is damaged
 * @throws `STORE_FAILURE` as above; `UNSUPPORTED_FORMAT`
 */
export function toWholeHistory(replies: WholeHistoryReplies): RawHistory | undefined {
  const { elements } = replies;
  const remainingMs = toInteger(replies.remainingMs);
  if (!isBuffers(elements) || remainingMs === undefined) throw unknownReply(elements);
  const state = fieldOf(replies.before);
  if (state !== fieldOf(replies.after)) return undefined;
  const revision = revisionIn(state, elements.length);
  return revision === undefined ? undefined : { revision, elements, remainingMs };
}

/** Of the reply to HMGET with one field; empty where there is none. */
function fieldOf(reply: unknown): string {
  const [value, ...more] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (more.length > 0 || !(value === null || Buffer.isBuffer(value))) throw unknownReply(reply);
  return value === null ? '' : value.toString('latin1');
}

/** An integer of a reply, which some clients can be told to give as text. */
function toInteger(value: unknown): number | undefined {
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value);
  return typeof value === 'number' ? value : undefined;
}

function isBuffers(value: unknown): value is Buffer[] {
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

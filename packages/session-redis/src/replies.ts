import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { SessionError, type Revision } from '@agent-sessions/session-core/store';
import { revisionIn, unnamedRevision } from './layout/state';

/** What a script that changes a session says. */
export interface ChangeReply<Status extends string = string> {
  /** The replication id of what the reply rests on; empty where that is not to be confirmed. */
  readonly replicationId: string;
  readonly status: Status;
  /** What names a revision, or the sequence number to come again with; empty where there is neither. */
  readonly detail: string;
}

/** What is asked for of a session's keys. */
export interface RangeRequest {
  /** Where `LRANGE items start -1` starts. */
  readonly start: number;
  /** Of the hash, as `HMGET` takes them; `state` is the first. */
  readonly fields: string[];
  /** Whether the length of the list is asked for: where `start` is 0, the elements tell it. */
  readonly withLength: boolean;
  /** Whether the time is asked for that the hash has left. */
  readonly withExpiry: boolean;
  /** A key of others, which is asked for, too: it may be in another slot, and the user may have no right to it. */
  readonly others: string | undefined;
}

/** The replies to the commands that read a session without a script. */
export interface RangeReplies {
  /** To `HMGET meta ...fields`, before the elements. */
  readonly before: unknown;
  /** To `LLEN items`; undefined where it was not asked for. */
  readonly length?: unknown;
  /** To `LRANGE items start -1`. */
  readonly elements: unknown;
  /** To `HMGET meta state`, after the elements. */
  readonly after: unknown;
  /** To `PTTL meta`; undefined where it was not asked for. */
  readonly remainingMs?: unknown;
  /** To `PTTL others`; undefined where it was not asked for, or refused. */
  readonly othersMs?: unknown;
}

/** The reply to `PTTL key` where there is no such key: https://redis.io/docs/latest/commands/pttl/ */
const NO_KEY = -2;

/** What was read of a session. */
export interface RawHistory {
  readonly revision: Revision;
  /** Of its list, oldest first: all of them, or the newest. */
  readonly elements: readonly Buffer[];
  /** Milliseconds until the hash expires; negative where it does not, or was not asked for. */
  readonly remainingMs: number;
  /** The field `state`; null where there is none. */
  readonly state: Buffer | null;
  /** The second field that was asked for; null where there is none, or was not asked for. */
  readonly entry: Buffer | null;
  /** Whether nothing is at the key of others; false where nobody knows. */
  readonly hasNoOthers: boolean;
}

/** What was read of a session without its records. */
export interface RawDescription {
  readonly revision: Revision;
  /** Of the list. */
  readonly length: number;
  /** Milliseconds until the session expires; negative where it does not. */
  readonly remainingMs: number;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: number;
  /** The fields of the hash; null where there is none. */
  readonly state: Buffer | null;
  readonly began: Buffer | null;
}

/**
 * @param statuses - those that the script knows
 * @param id - that of the change, with which its reply ends
 * @throws `STORE_FAILURE` for anything that is not one of its replies: nobody knows then what was done; `STORE_UNAVAILABLE`
 * for that to another change.
 */
export function toChangeReply<Status extends string>(
  reply: unknown,
  statuses: readonly Status[],
  id: string,
): ChangeReply<Status> {
  const [word, replicationId, detail, of, ...more] = textOf(reply)?.split(' ') ?? [];
  const status = statuses.find((known) => known === word);
  if (status === undefined || replicationId === undefined || detail === undefined || more.length > 0) {
    throw unknownReply(reply);
  }
  if (of !== id) throw strayReply();
  return { replicationId, status, detail };
}

/**
 * @param reply - of the script `READ`
 * @param mark - what it was to give back
 * @throws `STORE_FAILURE` as above; `STORE_UNAVAILABLE` for the reply to another call; `STORE_MISCONFIGURED` for text where
 * bytes were asked for; `UNSUPPORTED_FORMAT`
 */
export function toRawHistory(reply: unknown, mark: string): RawHistory {
  const [fields, length, elements, remainingMs, givenBack, ...more] = Array.isArray(reply)
    ? (reply as unknown[])
    : [];
  if (Array.isArray(elements)) assertBytes([fields, elements]);
  const numbers = { length: toInteger(length), remainingMs: toInteger(remainingMs) };
  if (!isBuffers(elements) || more.length > 0) throw unknownReply(reply);
  if (numbers.length === undefined || numbers.remainingMs === undefined) throw unknownReply(reply);
  if (textOf(givenBack) !== mark) throw strayReply();
  const [state, entry] = fieldsOf(fields);
  const revision = revisionIn(state, numbers.length) ?? unnamedRevision();
  return { revision, elements, remainingMs: numbers.remainingMs, state, entry, hasNoOthers: false };
}

/**
 * @param reply - of the script `DESCRIBE`
 * @param mark - what it was to give back
 * @throws as `toRawHistory`
 */
export function toRawDescription(reply: unknown, mark: string): RawDescription {
  const [fields, ...others] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (Array.isArray(fields)) assertBytes([fields]);
  const [length, remainingMs, now, ...more] = others.slice(0, -1).map(toInteger);
  if (length === undefined || remainingMs === undefined || now === undefined || more.length > 0) {
    throw unknownReply(reply);
  }
  if (textOf(others.at(-1)) !== mark) throw strayReply();
  const [state, began] = fieldsOf(fields);
  const revision = revisionIn(state, length) ?? unnamedRevision();
  return { revision, length, remainingMs, now, state, began };
}

/** For a script to give back, so that its reply is told from those to others. */
export function newMark(): string {
  return `${MARKS}${++lastMark}`;
}

/** No other copy of this module has the same. */
const MARKS = `${randomUUID().slice(0, 8)}.`;
let lastMark = 0;

/** Tried again, since nobody knows what the answer was. */
function strayReply(): SessionError {
  return new SessionError(
    'STORE_UNAVAILABLE',
    'the client handed over the answer to another command, as redis 5 may when its connection breaks: use redis 6.3',
  );
}

/** @throws `STORE_MISCONFIGURED` */
function assertBytes(values: readonly unknown[]): void {
  if (values.flat().every((value) => typeof value !== 'string')) return;
  throw new SessionError(
    'STORE_MISCONFIGURED',
    'this client gives text where bytes are asked for, as createSentinel of redis 5 does: use redis 6.3, or create it with ' +
      'commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }',
  );
}

/**
 * A state that is the same before and after the records is the state of these records, because no revision comes back.
 *
 * @returns undefined where only the script can tell: somebody has committed meanwhile, or the session is damaged
 * @throws `STORE_FAILURE` as above; `UNSUPPORTED_FORMAT`
 */
export function toRangeHistory(replies: RangeReplies): RawHistory | undefined {
  const { elements } = replies;
  if (!isBuffers(elements)) throw unknownReply(elements);
  const length = replies.length === undefined ? elements.length : toInteger(replies.length);
  if (length === undefined) throw unknownReply(replies.length);
  const remainingMs = replies.remainingMs === undefined ? -1 : toInteger(replies.remainingMs);
  if (remainingMs === undefined) throw unknownReply(replies.remainingMs);
  const [state, entry] = fieldsOf(replies.before);
  const [after] = fieldsOf(replies.after);
  if (!isEqual(state, after)) return undefined;
  const revision = revisionIn(state, length);
  const hasNoOthers = toInteger(replies.othersMs) === NO_KEY;
  return revision === undefined ? undefined : { revision, elements, remainingMs, state, entry, hasNoOthers };
}

/** Of the reply to HMGET with one field or two; empty ones, as the script gives for none, are none. */
function fieldsOf(reply: unknown): readonly [state: Buffer | null, entry: Buffer | null] {
  const [state, entry = null, ...more] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (more.length > 0 || !isField(state) || !isField(entry)) throw unknownReply(reply);
  return [state?.length ? state : null, entry];
}

function isField(value: unknown): value is Buffer | null {
  return value === null || Buffer.isBuffer(value);
}

function isEqual(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other);
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

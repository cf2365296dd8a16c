import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { NO_HISTORY, SessionError, type Revision } from '@agent-sessions/session-core/store';

/*
 * The field `state` of a session's hash: numbers, big-endian, then an id. docs/architecture.md says what they mean.
 *
 *  byte 0 format  1 bytes  6 shrunk  13 count  15 others  17 turned  24 forgotten  31 sequence number  38 length  42 id
 */
const BYTES = 1;
const SHRUNK = 6;
const COUNT = 13;
const OTHERS = 15;
const FORGOTTEN = 24;
const REVISION = 31;
const ID = 42;
/** Of a repair's, with the id before it, each of which `HistoryChange` bounds. */
export const LONGEST_ID = 2 * 64 + 1;

/** In characters, and from 1 on, as Lua counts. */
export const REVISION_AT = REVISION + 1;
export const ID_AT = ID + 1;
export const SHORTEST_STATE = ID + 1;
export const LONGEST_STATE = ID + LONGEST_ID;

/** The sequence number and the length that a commit has made: 7 bytes and 4. */
export const LANDING_BYTES = ID - REVISION;
const LENGTH_IN_LANDING = 7;
/** All bits of the number of bytes. */
const UNKNOWN_BYTES = 2 ** 40 - 1;
/** Of sequence numbers. A double holds it exactly. As a time, it is in the year 2255. */
export const LARGEST = 9e15;
/** At most twice as many ids of commits are kept per session. */
export const IDS_PER_HALF = 1_000;
/** Begins the id of a clear. */
const CLEARED = '~';
/** Ids are what `HistoryChange` says, with that of the change before where it is a repair's: `repair!before`. */
const REVISION_TEXT = /^(\d{1,16})\.(\d{1,10})\.([\w!~-]{1,129})$/;
const ID_TEXT = /^[\w!~-]{1,129}$/;
/** What no other format begins with, so that text that somebody else has put there is none. */
const LARGEST_FORMAT = 31;

/**
 * The revision that the field `state` names; undefined where the list is not what it says, because a key was evicted,
 * deleted or edited.
 *
 * @param state - null where there is no such field
 * @throws `UNSUPPORTED_FORMAT`
 */
export function revisionIn(state: Buffer | null, length: number): Revision | undefined {
  if (state === null) return length === 0 ? NO_HISTORY : undefined;
  const format = state[0] ?? 0;
  if (format > 1 && format <= LARGEST_FORMAT) throw unsupportedFormat(`${format}`);
  if (format !== 1 || state.length < SHORTEST_STATE || state.length > LONGEST_STATE) return undefined;
  const stored = lengthIn(state, REVISION);
  if (stored !== length) return undefined;
  const id = state.toString('latin1', ID);
  const sequenceNumber = sequenceNumberIn(state, REVISION);
  const isOurs =
    sequenceNumber <= LARGEST &&
    sequenceNumberIn(state, FORGOTTEN) <= sequenceNumber &&
    state.readUInt16BE(COUNT) <= IDS_PER_HALF &&
    state.readUInt16BE(OTHERS) <= IDS_PER_HALF;
  if (!isOurs) return undefined;
  if (id.startsWith(CLEARED)) return NO_HISTORY;
  if (!ID_TEXT.test(id)) return undefined;
  return `${sequenceNumber}.${stored}.${id}`;
}

/** The newest commit that took anything off, or found the list other than it should be. Of a state that names a revision. */
export function shrunkIn(state: Buffer): number {
  return sequenceNumberIn(state, SHRUNK);
}

/** Of the list's elements; undefined where nobody knows. Of a state that names a revision. */
export function bytesIn(state: Buffer): number | undefined {
  const bytes = state.readUIntBE(BYTES, SHRUNK - BYTES);
  return bytes === UNKNOWN_BYTES ? undefined : bytes;
}

/**
 * The sequence number of the session's first commit; undefined where the field is not one.
 *
 * @param newest - that of the newest commit
 */
export function beganAt(began: Buffer | null, newest: number): number | undefined {
  const text = began?.toString('latin1') ?? '';
  return /^\d{1,16}$/.test(text) && Number(text) <= newest ? Number(text) : undefined;
}

/** What the scripts know a revision by: as it is in `state`, or '0', or '-' for one that no session is at. */
export function toPacked(revision: Revision): Buffer | string {
  if (revision === NO_HISTORY) return '0';
  const known = partsOf(revision);
  return known === undefined ? '-' : Buffer.concat([toLanding(known), Buffer.from(known.id, 'latin1')]);
}

/** What the field of the id of this commit holds first. */
export function toLanding({
  sequenceNumber,
  length,
}: Pick<RevisionParts, 'sequenceNumber' | 'length'>): Buffer {
  const landing = Buffer.allocUnsafe(LANDING_BYTES);
  landing[0] = sequenceNumber / 2 ** 48;
  landing.writeUIntBE(sequenceNumber % 2 ** 48, 1, LENGTH_IN_LANDING - 1);
  landing.writeUInt32BE(length, LENGTH_IN_LANDING);
  return landing;
}

/**
 * The revision that a commit has made.
 *
 * @param landing - what a script says of it; where that is nothing, the id is known and what it made is not.
 */
export function landedRevision(landing: string, id: string): Revision {
  return toRevision(`${landing}.${id}`);
}

/** What a script calls a revision, if it is one. */
export function toRevision(text: string): Revision {
  return text === NO_HISTORY || REVISION_TEXT.test(text) ? text : unnamedRevision();
}

export interface RevisionParts {
  readonly sequenceNumber: number;
  /** Of the list. */
  readonly length: number;
  readonly id: string;
}

/** Undefined for a revision that no commit made. */
export function partsOf(revision: Revision): RevisionParts | undefined {
  const [, sequenceNumber, length, id] = REVISION_TEXT.exec(revision) ?? [];
  if (id === undefined) return undefined;
  const parts = { sequenceNumber: Number(sequenceNumber), length: Number(length), id };
  return parts.sequenceNumber <= LARGEST && parts.length < 2 ** 32 ? parts : undefined;
}

/** The commit that made this revision; undefined for a revision that no commit made. */
export function sequenceNumberOf(revision: Revision | undefined): string | undefined {
  return /^(\d{1,16})\./.exec(revision ?? '')?.[1];
}

/** Names a state that nobody can refer to: made up anew each time, so equal to no revision before or after. */
export function unnamedRevision(): Revision {
  return `~${randomUUID()}`;
}

export function unsupportedFormat(format: string): SessionError {
  return new SessionError(
    'UNSUPPORTED_FORMAT',
    `a later version of this library stored the session, in format ${format}: this one knows format 1`,
  );
}

function sequenceNumberIn(bytes: Buffer, offset: number): number {
  return (bytes[offset] ?? 0) * 2 ** 48 + bytes.readUIntBE(offset + 1, LENGTH_IN_LANDING - 1);
}

function lengthIn(bytes: Buffer, offset: number): number {
  return bytes.readUInt32BE(offset + LENGTH_IN_LANDING);
}

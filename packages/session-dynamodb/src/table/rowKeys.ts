import { randomBytes } from 'node:crypto';

/*
 * The sort keys of a session's rows. The row of a commit is at `log#` and its version in twelve digits, so that their order
 * is that of the versions; a chunk is at `chunk#`, a time in milliseconds, a random part, `#` and its number. No range of
 * log rows contains a chunk.
 */

/** The chunks of one commit: `name` begins the keys of them all. */
export interface ChunkSet {
  readonly name: string;
  readonly count: number;
}

/** Both ends belong to it. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

const LOG_KEY = /^log#(\d{12})$/;
const CHUNK_SET_NAME = /^chunk#\d{13}-[0-9a-f]{16}$/;
const CHUNK_KEY = /^(chunk#\d{13}-[0-9a-f]{16})#\d{3}$/;

/** One less than twelve digits hold: after every row of a valid version there is a key for the next one. */
const LAST_VERSION = 10 ** 12 - 2;
export const MOST_CHUNKS = 999;

/** Whatever begins as the key of a log row does: a row at a malformed key is damage, and must not be overlooked. */
export const LOG: KeyRange = { from: 'log#', to: 'log#\u{10ffff}' };

export function logKey(version: number): string {
  return `log#${digits(version, 12)}`;
}

export function logRange(first: number, last: number): KeyRange {
  return { from: logKey(first), to: logKey(last) };
}

/** The rows of the log from this version on. */
export function logFrom(version: number): KeyRange {
  return { from: logKey(version), to: LOG.to };
}

/** The chunks of all commits, and the log up to where `version` comes next. */
export function rangeBefore(version: number): KeyRange {
  return { from: 'chunk#', to: logKey(version - 1) };
}

/** Undefined where no row of the log can be. */
export function versionAt(key: string): number | undefined {
  const version = Number(LOG_KEY.exec(key)?.[1]);
  return version >= 1 && version <= LAST_VERSION ? version : undefined;
}

export function newChunkSet(now: number, count: number): ChunkSet {
  return { name: `chunk#${digits(now, 13)}-${randomBytes(8).toString('hex')}`, count };
}

export function isChunkSetName(name: string): boolean {
  return CHUNK_SET_NAME.test(name);
}

/** @param number From 1 to the count. */
export function chunkKey(setName: string, number: number): string {
  return `${setName}#${digits(number, 3)}`;
}

export function chunkKeys({ name, count }: ChunkSet): readonly string[] {
  return Array.from({ length: count }, (_, index) => chunkKey(name, index + 1));
}

export function chunkRange(setName: string): KeyRange {
  return { from: chunkKey(setName, 1), to: chunkKey(setName, MOST_CHUNKS) };
}

/** The name of the set that the chunk at this key is of; undefined for any other key. */
export function chunkSetNameAt(key: string): string | undefined {
  return CHUNK_KEY.exec(key)?.[1];
}

/** In milliseconds: when the commit that these chunks are of was prepared. */
export function timeOf(chunkSetName: string): number {
  return Number(chunkSetName.slice('chunk#'.length, -17));
}

function digits(number: number, width: number): string {
  return `${number}`.padStart(width, '0');
}

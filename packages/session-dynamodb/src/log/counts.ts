import { createHash } from 'node:crypto';
import type { Row } from './rows';

/*
 * What a row tells of the rows before it.
 *
 * How many records it and each of the rows before it append, so that a reader of the newest few knows how many rows that
 * takes: its `counts`, a digit for each, that of the row itself first. They end with the sixteenth row before it, or where the
 * log begins, or with a row of which more must be known: one that drops records, or appends too many for a digit.
 *
 * Which row it follows, so that a reader who has the history up to there sees by this row that there was no other.
 */

const MOST_BEFORE = 16;
const RADIX = 36;
/** Stands for 36 and more. */
const MANY = '+';
const DIGEST_LENGTH = 8;

/** @param previous - the row before, where the log goes on with this one */
export function countsOf(appended: number, previous: Row | undefined): string {
  const digit = appended < RADIX ? appended.toString(RADIX) : MANY;
  if (previous?.kind !== 'commit') return digit;
  const ends = previous.drop > 0 || previous.counts.startsWith(MANY);
  return digit + previous.counts.slice(0, ends ? 1 : MOST_BEFORE);
}

/** Whether a row with these counts can be one that appends so many. */
export function admits(counts: string, appended: number): boolean {
  return counts.startsWith(countsOf(appended, undefined));
}

/** How many records the rows before one with these counts append, each at least, the newest of them first. */
export function appendedBefore(counts: string): readonly number[] {
  return Array.from(counts.slice(1), (digit) => (digit === MANY ? RADIX : parseInt(digit, RADIX)));
}

/** Whether there are no counts of older rows only because there is no more room for them. */
export function isFull(appended: readonly number[]): boolean {
  return appended.length === MOST_BEFORE;
}

/** Tells the commit with this key from all others. */
export function digestOf(idempotencyKey: string): string {
  return createHash('sha256').update(idempotencyKey).digest('base64url').slice(0, DIGEST_LENGTH);
}

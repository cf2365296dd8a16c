import { createHash } from 'node:crypto';
import type { Row } from './rows';

/*
 * What a row tells of the rows before it.
 *
 * How many records it and each of the rows before it append and drop, so that a reader of the newest few knows how many rows
 * that takes: its `counts`, a digit for each row, that of the row itself first, and `-` and another digit where it drops
 * any. They end with the sixteenth row before it, or where the log begins, or with a row that has too many for a digit.
 *
 * Which row it follows, so that a reader who has the history up to there sees by this row that there was no other.
 */

export interface RowCounts {
  readonly appended: number;
  readonly dropped: number;
}

export const COUNTS = /^(?:[0-9a-z+](?:-[0-9a-z+])?){1,17}$/;
const ENTRY = /[0-9a-z+](?:-[0-9a-z+])?/g;
const MOST_BEFORE = 16;
const RADIX = 36;
/** Stands for 36 and more. */
const MANY = '+';
const DIGEST_LENGTH = 8;

/** @param previous - the row before, where the log goes on with this one */
export function countsOf({ appended, dropped }: RowCounts, previous: Row | undefined): string {
  const own = digit(appended) + (dropped > 0 ? `-${digit(dropped)}` : '');
  if (previous?.kind !== 'commit') return own;
  const [first = '', ...others] = entriesOf(previous.counts);
  return [own, first, ...(first.includes(MANY) ? [] : others.slice(0, MOST_BEFORE - 1))].join('');
}

/** Whether a row with these counts can be one that appends so many. */
export function admits(counts: string, appended: number): boolean {
  return counts.startsWith(digit(appended));
}

/** What the rows before one with these counts append and drop, the newest of them first. */
export function countsBefore(counts: string): readonly RowCounts[] {
  return entriesOf(counts)
    .slice(1)
    .map((entry) => ({ appended: numberOf(entry[0]), dropped: numberOf(entry[2]) }));
}

/** Whether there are no counts of older rows only because there is no more room for them. */
export function isFull({ length }: readonly RowCounts[]): boolean {
  return length === MOST_BEFORE;
}

/** Tells the commit with this key from all others. */
export function digestOf(idempotencyKey: string): string {
  return createHash('sha256').update(idempotencyKey).digest('base64url').slice(0, DIGEST_LENGTH);
}

function entriesOf(counts: string): readonly string[] {
  return counts.match(ENTRY) ?? [];
}

function digit(number: number): string {
  return number < RADIX ? number.toString(RADIX) : MANY;
}

function numberOf(digit = '0'): number {
  return digit === MANY ? RADIX : parseInt(digit, RADIX);
}

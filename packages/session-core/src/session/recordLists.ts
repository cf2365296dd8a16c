import { Buffer } from 'node:buffer';
import type { Revision, StoredRecord } from '../store/sessionStore';

/** What somebody knows to be stored, oldest first. Others may have put theirs between, and behind. */
export interface KnownHistory {
  readonly records: readonly StoredRecord[];
  /** The revision at which exactly these records were stored; undefined where others may have written since they were read. */
  readonly revision: Revision | undefined;
}

/**
 * What is stored besides what is known, in order; undefined when not all that is known is there any more. Of equal records
 * the earliest counts as known, so that each is accounted for once, whoever wrote it.
 */
export function othersIn(
  stored: readonly StoredRecord[],
  known: readonly StoredRecord[],
): readonly StoredRecord[] | undefined {
  let found = 0;
  const others = stored.filter((record) => {
    const expected = known[found];
    if (expected === undefined || !isSameRecord(record, expected)) return true;
    found++;
    return false;
  });
  return found === known.length ? others : undefined;
}

/** What is known after `taken` was taken off the end of what is stored. */
export function knownWithout(
  known: readonly StoredRecord[],
  taken: readonly StoredRecord[],
): readonly StoredRecord[] {
  return taken.reduceRight((rest, record) => {
    const place = rest.findLastIndex((each) => isSameRecord(each, record));
    return place === -1 ? rest : rest.toSpliced(place, 1);
  }, known);
}

export function areSameRecords(left: readonly StoredRecord[], right: readonly StoredRecord[]): boolean {
  return left.length === right.length && othersIn(left, right)?.length === 0;
}

export function isSameRecord(left: StoredRecord, right: StoredRecord): boolean {
  if (typeof left === 'string' || typeof right === 'string') return left === right;
  return Buffer.compare(left, right) === 0;
}

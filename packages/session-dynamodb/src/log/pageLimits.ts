import { countsBefore, isFull, type RowCounts } from './counts';

/** What part of the rows that are taken to be needed beyond those of which it is known the second page asks for. */
const FIRST_GUESS = 0.8;
/** And each page after it: the rest, and some more, so that there is no further page as a rule. */
const LATER_GUESS = 1.25;

/** More than a page of 1 MB has, and a number that DynamoDB takes, whatever a damaged row says. */
const MOST = 10_000;

/**
 * How many rows the pages of a read of the newest few records have. The newest row tells what each of the rows before
 * it appends and drops, as far back as its counts go, and so does the last row of each page. Beyond that, rows are taken to be
 * like those.
 */
export class PageLimits {
  #next: number | undefined = 1;
  #pages = 0;

  /** Undefined: as many as there are. */
  next(): number | undefined {
    this.#pages++;
    return this.#next;
  }

  /**
   * @param counts Of the row just read.
   * @param wanted How many records are to come from the rows before it; undefined: all.
   * @param dropped How many of the newest records of those rows are dropped by rows that were read.
   */
  note(counts: string, wanted: number | undefined, dropped: number): void {
    this.#next = wanted === undefined ? undefined : this.#rowsFor(wanted, dropped, countsBefore(counts));
  }

  #rowsFor(wanted: number, dropped: number, before: readonly RowCounts[]): number {
    let rest = wanted;
    let toDrop = dropped;
    for (const [index, row] of before.entries()) {
      rest -= Math.max(0, row.appended - toDrop);
      toDrop = Math.max(0, toDrop - row.appended) + row.dropped;
      if (rest <= 0) return index + 1;
    }
    if (!isFull(before)) return Math.max(1, before.length);
    const guess = Math.min(rest, (rest * before.length) / Math.max(1, wanted - rest)) + toDrop;
    const further = Math.ceil(guess * (this.#pages === 1 ? FIRST_GUESS : LATER_GUESS));
    return Math.min(MOST, before.length + further);
  }
}

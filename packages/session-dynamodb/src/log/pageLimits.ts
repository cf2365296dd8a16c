import { appendedBefore, isFull } from './counts';

/** What part of the rows that are taken to be needed beyond those of which it is known the second page asks for. */
const FIRST_GUESS = 0.8;
/** And each page after it: the rest, and some more, so that there is no further page as a rule. */
const LATER_GUESS = 1.25;

/**
 * How many rows the pages of a read of the newest few records have. The newest row tells how many records each of the rows
 * before it appends, as far back as its counts go, and so does the last row of each page. Beyond that, rows are taken to be
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

  /** @param counts Of the row just read. @param wanted How many records the rows before it must append; Infinity: all. */
  note(counts: string, wanted: number): void {
    this.#next = wanted === Infinity ? undefined : this.#rowsFor(wanted, appendedBefore(counts));
  }

  #rowsFor(wanted: number, appended: readonly number[]): number {
    let known = 0;
    for (const [index, count] of appended.entries()) {
      known += count;
      if (known >= wanted) return index + 1;
    }
    if (!isFull(appended)) return Math.max(1, appended.length);
    const rest = wanted - known;
    const guess = Math.min(rest, (rest * appended.length) / Math.max(1, known));
    return appended.length + Math.ceil(guess * (this.#pages === 1 ? FIRST_GUESS : LATER_GUESS));
  }
}

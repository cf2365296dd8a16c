import type { Dice } from '../workload/dice';
import type { Interval } from './abstractSession';
import type { Process } from './call';
import type { Item } from './expressions';
import type { Probe, Sight } from './probe';
import { isOverdue, type SimulatedTable } from './table';
import { brief } from './trace';

/** What a reader sees of the table. */
export interface Look {
  readonly text: () => string;
  readonly clock: Interval;
  readonly sight: Sight;
}

export interface LookoutOptions {
  readonly table: SimulatedTable;
  readonly probe: Probe;
  readonly processes: readonly Process[];
  /** What the clock of DynamoDB is ahead of true time, in milliseconds. */
  readonly dynamoDBAhead: number;
  /** True time. */
  readonly now: () => number;
  readonly dice: Dice;
}

const DAY_MS = 86_400_000;

/** Looks at the table as it is now, and as it will be, if nobody writes any more but DynamoDB deletes what it may. */
export class Lookout {
  readonly #options: LookoutOptions;

  constructor(options: LookoutOptions) {
    this.#options = options;
  }

  /** By the slowest and the fastest clock, when one of them shows each of these times, and some day. */
  async look(times: readonly number[]): Promise<Look[]> {
    const { processes, now, dice } = this.#options;
    const aheads = processes.map(({ clockAhead }) => clockAhead);
    const shown = Math.floor(now());
    const [behind, ahead] = [shown + Math.min(...aheads), shown + Math.max(...aheads)];
    const looks = [await this.#lookAt(behind, () => 'now')];
    if (ahead > behind) {
      looks.push(await this.#lookAt(ahead, () => `now, by a clock that is ${ahead - behind} ms ahead`));
    }
    for (const time of new Set(times)) {
      if (time < behind || time === Infinity) continue;
      looks.push(await this.#lookAhead(time, dice.happens(0.7) ? 1 : 0.5));
    }
    looks.push(await this.#lookAhead(ahead + dice.integer(0, 4 * DAY_MS), dice.pick([1, 0.5, 0.2])));
    return looks;
  }

  /** When the slowest clock shows `clock`, and DynamoDB has deleted this share of the rows whose time is over. */
  async #lookAhead(clock: number, share: number): Promise<Look> {
    const { table, processes, dynamoDBAhead, dice, now } = this.#options;
    const slowest = Math.min(...processes.map(({ clockAhead }) => clockAhead));
    const byDynamoDB = clock - slowest + dynamoDBAhead;
    const gone = new Set(
      table.rows.filter((row) => isOverdue(table.names, row, byDynamoDB) && dice.happens(share)),
    );
    const minutes = Math.round((clock - slowest - now()) / 60_000);
    const text = (): string => {
      const without = [...gone].map((row) => brief(row[table.names.sortKey])).join(' ');
      return `in ${minutes} min, by a clock that shows ${clock}, without rows [${without}]`;
    };
    return this.#lookAt(clock, text, (row) => gone.has(row));
  }

  async #lookAt(clock: number, text: () => string, isGone?: (row: Item) => boolean): Promise<Look> {
    return { text, clock: { from: clock, to: clock }, sight: await this.#options.probe.look(clock, isGone) };
  }
}

import type { Summary } from '../measure/statistics';
import type { TurnFigures } from '../suites/measureTurns';
import type { Point } from './charts';
import { figures, ratio } from './numbers';
import type { Table } from './section';

/** Items in the history, with what was measured there. */
export type ByHistory = ReadonlyMap<number, readonly TurnFigures[]>;

type Measure = 'turn' | 'append' | 'read';

/** A row per contestant, a column per history. */
export function historyTable(
  title: string,
  measured: ByHistory,
  cell: (figures: TurnFigures, all: readonly TurnFigures[]) => string,
): Table {
  const names = namesIn(measured);
  return {
    title,
    columns: ['items in the history', ...[...measured.keys()].map((items) => items.toLocaleString('en-US'))],
    rows: names.map((name) => [
      name,
      ...[...measured.values()].map((all) => {
        const found = all.find(({ entrant }) => entrant.contestant.name === name);
        return found === undefined || found.turn.samples === 0 ? '–' : cell(found, all);
      }),
    ]),
  };
}

/** The median in milliseconds, the 99th percentile, and the median as a multiple of the limit's. */
export function timesTable(title: string, measured: ByHistory, measure: Measure): Table {
  return historyTable(title, measured, (one, all) => {
    const { median, p99 }: Summary = one[measure];
    return `${figures(median)} / ${figures(p99)} (${ratio(timesTheLimit(one, all, measure))})`;
  });
}

/** One contestant's medians as multiples of another's. */
export function besideTable(title: string, measured: ByHistory, name: string, other: string): Table {
  const medians = (of: string, measure: Measure) =>
    [...measured.values()].map(
      (all) => all.find(({ entrant }) => entrant.contestant.name === of)?.[measure].median ?? NaN,
    );
  return {
    title,
    columns: ['items in the history', ...[...measured.keys()].map((items) => items.toLocaleString('en-US'))],
    rows: (['turn', 'append', 'read'] as const).map((measure) => {
      const others = medians(other, measure);
      return [
        `${name}, ${measure}`,
        ...medians(name, measure).map((ms, index) => ratio(ms / (others[index] ?? NaN))),
      ];
    }),
  };
}

export function ratioPoints(measured: ByHistory, measure: Measure, names: readonly string[]): Point[] {
  return names.flatMap((contestant) =>
    [...measured].flatMap(([items, all]) => {
      const one = all.find(({ entrant }) => entrant.contestant.name === contestant);
      if (one === undefined) return [];
      return [{ contestant, x: items.toLocaleString('en-US'), y: timesTheLimit(one, all, measure) }];
    }),
  );
}

export function timesTheLimit(one: TurnFigures, all: readonly TurnFigures[], measure: Measure): number {
  const limit = all.find(({ entrant }) => entrant.contestant.name === one.entrant.contestant.limit);
  return one[measure].median / (limit?.[measure].median ?? NaN);
}

export function namesIn(measured: ByHistory): string[] {
  return [
    ...new Set([...measured.values()].flatMap((all) => all.map(({ entrant }) => entrant.contestant.name))),
  ];
}

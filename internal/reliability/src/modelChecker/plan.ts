import { Dice } from '../workload/dice';
import type { ProcessOptions } from './call';
import type { Weather } from './network';
import type { Liberties } from './table';

/** When a step is, as seen from the one before it. */
export type Gap = 'at once' | 'soon' | 'within a minute' | 'at a boundary' | 'hours later' | 'days later';

export interface Step {
  readonly process: number;
  readonly gap: Gap;
  /** Decides what is done, and what becomes of its requests: the same whatever becomes of other steps. */
  readonly seed: number;
  /** What is called; by chance where it is undefined. */
  readonly call: CallKind | undefined;
  /** A process is killed instead, in the midst of a call where there is one, and another one takes its place. */
  readonly kills: boolean;
}

/** When DynamoDB deletes rows whose time is over. */
type Deletion = 'at once' | 'some at once' | 'now and then' | 'in sweeps' | 'never';

/** All that a seed decides before anything happens. */
export interface Plan {
  readonly processes: readonly { readonly clockAhead: number; readonly options: ProcessOptions }[];
  readonly dynamoDBAhead: number;
  readonly deletion: Deletion;
  readonly weather: Weather;
  readonly liberties: Omit<Liberties, 'dice'>;
  readonly steps: readonly Step[];
  /** How likely each call is. */
  readonly calls: Readonly<Record<CallKind, number>>;
}

export type CallKind =
  | 'append'
  | 'append large'
  | 'pop'
  | 'compact'
  | 'drop all'
  | 'transaction'
  | 'retry'
  | 'clear'
  | 'read'
  | 'read last';

/** What clocks may differ by: from each other, and from that of DynamoDB. */
const MOST_CLOCK_SKEW_MS = 7 * 60_000;
/** Of a read without consistency. */
const MOST_LAG_MS = 3_000;
const DAY_S = 86_400;

export function planOf(seed: number): Plan {
  const dice = new Dice(seed);
  const skews = dice.weighted({ none: 2, some: 3, most: 3 });
  const ahead = (): number => {
    if (skews === 'none') return 0;
    return skews === 'most' ? dice.pick([0, MOST_CLOCK_SKEW_MS]) : dice.integer(0, MOST_CLOCK_SKEW_MS);
  };
  const common = { ttl: ttlOf(dice), refresh: refreshOf(dice) };
  const isMixed = dice.happens(0.3);
  const processes = Array.from({ length: dice.pick([1, 2, 2, 3, 3, 4]) }, () => ({
    clockAhead: ahead(),
    options: {
      ttlSeconds: isMixed ? ttlOf(dice) : common.ttl,
      ttlRefresh: isMixed ? refreshOf(dice) : common.refresh,
      timeoutMs: dice.pick([15_000, 15_000, 15_000, 1_000, 60_000, 1_800_000]),
    },
  }));
  const isCalm = dice.happens(0.3);
  const pageRows = dice.pick([1, 2, 3, 50]);
  return {
    processes,
    dynamoDBAhead: ahead(),
    deletion: dice.weighted({ 'at once': 3, 'some at once': 2, 'now and then': 2, 'in sweeps': 2, never: 1 }),
    weather: weatherOf(dice, isCalm),
    liberties: {
      pageRows: () => pageRows,
      tearsPages: dice.happens(0.4),
      unprocessed: isCalm ? 0 : dice.pick([0, 0.2]),
      lagMs: () => dice.integer(0, MOST_LAG_MS),
      lagsAsOne: dice.happens(0.5),
    },
    calls: callsOf(dice),
    steps: stepsOf(dice, processes.length, isCalm),
  };
}

/** How some schedules begin, before they go on at a boundary: what takes a long time, and would hardly come about by chance. */
const OPENINGS: readonly [readonly CallKind[], ...(readonly CallKind[])[]] = [
  [],
  [],
  [],
  ['append', 'clear'],
  ['append', 'compact'],
  ['append', 'append large', 'append'],
];

function stepsOf(dice: Dice, processes: number, isCalm: boolean): Step[] {
  const gaps = gapsOf(dice);
  const opening = dice.pick(OPENINGS);
  return Array.from({ length: opening.length + dice.integer(3, 12) }, (_, index) => {
    const isOpening = index < opening.length;
    const goesOn = opening.length > 0 && index === opening.length;
    return {
      process: dice.integer(0, processes - 1),
      gap: isOpening ? 'within a minute' : goesOn ? 'at a boundary' : dice.weighted(gaps),
      seed: dice.next(),
      call: opening[index],
      kills: !isOpening && !isCalm && dice.happens(0.08),
    };
  });
}

function ttlOf(dice: Dice): number | undefined {
  return dice.pick([undefined, undefined, 60, 3_600, 7_200, 7_200, DAY_S, 3 * DAY_S]);
}

function refreshOf(dice: Dice): ProcessOptions['ttlRefresh'] {
  return dice.pick(['write', 'write', 'access', 'never']);
}

function gapsOf(dice: Dice): Record<Gap, number> {
  const burst = { 'at once': 6, soon: 1, 'within a minute': 0 };
  return dice.pick([
    { ...burst, 'at a boundary': 0.5, 'hours later': 0, 'days later': 0 },
    { ...burst, 'at a boundary': 3, 'hours later': 1, 'days later': 0.3 },
    { ...burst, 'at a boundary': 3, 'hours later': 0, 'days later': 0 },
    { ...burst, 'at a boundary': 0, 'hours later': 0, 'days later': 2 },
    { 'at once': 2, soon: 0, 'within a minute': 1, 'at a boundary': 6, 'hours later': 1, 'days later': 1 },
  ]);
}

function weatherOf(dice: Dice, isCalm: boolean): Weather {
  const fault = isCalm ? 0 : dice.pick([0.3, 1, 3]);
  return {
    fates: {
      answered: 20,
      lost: fault,
      'answer lost': 2 * fault,
      refused: fault,
      'failed after the deed': fault,
      doubled: 2 * fault,
      late: fault,
      hangs: fault / 2,
    },
    delays: dice.pick([
      { short: 1, long: 0, veryLong: 0, longest: 0 },
      { short: 8, long: 2, veryLong: 0.3, longest: 0.1 },
      { short: 1, long: 4, veryLong: 0, longest: 0 },
      { short: 4, long: 2, veryLong: 2, longest: 0.5 },
    ]),
  };
}

function callsOf(dice: Dice): Record<CallKind, number> {
  const usual = {
    append: 6,
    'append large': 1,
    pop: 2,
    compact: 1,
    'drop all': 0.5,
    transaction: 2,
    retry: 1,
    clear: 1,
    read: 3,
    'read last': 1,
  };
  return dice.pick([
    usual,
    usual,
    { ...usual, append: 4, clear: 4, pop: 0, transaction: 0.5, read: 1, 'read last': 0 },
    { ...usual, append: 4, clear: 4, pop: 0, transaction: 0.5, read: 1, 'read last': 0 },
    { ...usual, compact: 4, 'drop all': 2 },
    { ...usual, 'append large': 6, compact: 3, clear: 2, read: 6 },
    { ...usual, transaction: 10, retry: 3 },
  ]);
}

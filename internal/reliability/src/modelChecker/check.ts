import { runSchedule, type Outcome, type ScheduleOptions } from './run';

export interface Failure {
  readonly seed: number;
  /** Steps that it does not need. */
  readonly without: ReadonlySet<number>;
  readonly outcome: Outcome;
}

export interface Slice extends Omit<ScheduleOptions, 'seed' | 'without'> {
  /** The first seed. */
  readonly from: number;
  readonly count: number;
}

/** The first of these schedules that violates something, in as few steps as are found to do. */
export async function firstFailure({ from, count, ...options }: Slice): Promise<Failure | undefined> {
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await runSchedule({ ...options, seed });
    if (outcome.violation !== undefined) return shrink({ ...options, seed }, outcome);
  }
  return undefined;
}

/** Leaves out one step after the other, as long as something is still violated. */
export async function shrink(options: ScheduleOptions, outcome: Outcome): Promise<Failure> {
  let failure: Failure = { seed: options.seed, without: new Set(options.without), outcome };
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (let step = outcome.steps; step >= 1; step--) {
      if (failure.without.has(step)) continue;
      const without = new Set(failure.without).add(step);
      const smaller = await runSchedule({ ...options, without });
      if (smaller.violation === undefined) continue;
      failure = { ...failure, without, outcome: smaller };
      isSmaller = true;
    }
  }
  return failure;
}

export function describeFailure({ seed, without, outcome }: Failure): string {
  const left = without.size === 0 ? '' : ` without steps ${[...without].sort((a, b) => a - b).join()}`;
  return [`seed ${seed}${left}:`, outcome.trace.toString(), '', outcome.violation].join('\n');
}

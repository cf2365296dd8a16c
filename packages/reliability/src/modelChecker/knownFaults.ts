/** A fault that the model checker has found, and schedules that show it. */
export interface KnownFault {
  readonly what: string;
  readonly seeds: readonly number[];
  /** Whether the stores of these schedules may read without consistency. */
  readonly eventualReads: boolean;
  /** To be turned to true when the sources are mended: from then on the same schedules must pass. */
  readonly isMended: boolean;
}

export const KNOWN_FAULTS: readonly KnownFault[] = [];

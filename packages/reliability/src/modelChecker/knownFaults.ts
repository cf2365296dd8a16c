/** A fault that the model checker has found, and schedules that show it. */
export interface KnownFault {
  readonly what: string;
  readonly seeds: readonly number[];
  /** Whether the stores of these schedules may read without consistency. */
  readonly eventualReads: boolean;
  /** To be turned to true when the sources are mended: from then on the same schedules must pass. */
  readonly isMended: boolean;
}

export const KNOWN_FAULTS: readonly KnownFault[] = [
  {
    what: 'a clear over a marker that is about to go destroys the session that begins meanwhile',
    seeds: [2_900, 16_079, 18_587, 21_350, 25_138],
    eventualReads: false,
    isMended: false,
  },
  {
    what: 'rows of a live session go where the clock of DynamoDB is ahead',
    seeds: [49, 190, 415, 500],
    eventualReads: false,
    isMended: false,
  },
  {
    what: 'a read without consistency shows a state that never was, and a write is put on it',
    seeds: [812, 1_389],
    eventualReads: true,
    isMended: false,
  },
];

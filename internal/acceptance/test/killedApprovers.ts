export const LEASE_SECONDS = 1;

export interface WaitingRun {
  readonly id: string;
  readonly sessionId: string;
}

/** Something that a process has done with a pending run; times in milliseconds since the epoch. */
export interface Deed {
  readonly id: string;
  readonly pid: number;
  readonly what: string;
  /** Right before it asked for the run. */
  readonly began: number;
  readonly ended: number;
}

/** What is true of the machine and the way to the server while something is measured. */
export interface Conditions {
  readonly name: string;
  /** Whether the cores are kept from sleeping. */
  readonly isAwake: boolean;
  /** What is added to each round trip, in milliseconds. */
  readonly delayMs: number;
}

export const AWAKE: Conditions = { name: 'awake', isAwake: true, delayMs: 0 };
export const IDLE: Conditions = { name: 'idle', isAwake: false, delayMs: 0 };
export const DELAYED: Conditions = { name: 'awake, 0.5 ms away', isAwake: true, delayMs: 0.5 };

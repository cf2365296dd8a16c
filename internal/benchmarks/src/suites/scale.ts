import type { Conditions } from '../measure/conditions';
import { AWAKE, DELAYED, IDLE } from '../measure/conditions';

/** How much is measured. */
export interface Scale {
  /** Items in a history, with the rounds measured at each. */
  readonly redisRounds: ReadonlyMap<number, number>;
  readonly dynamodbRounds: ReadonlyMap<number, number>;
  readonly redisConditions: readonly Conditions[];
  readonly dynamodbConditions: readonly Conditions[];
  /** Of the conversation that grows. */
  readonly growthTurns: number;
  /** Items of a long history of which the last are read. */
  readonly longHistory: number;
  /** Items of the session that a crowd writes to. */
  readonly crowdedHistory: number;
  readonly crowdTurns: number;
  readonly throughputSessions: number;
  readonly throughputTurns: number;
  /** Appends of each of two writers. */
  readonly writerAppends: number;
  /** Rounds of what is measured once per round. */
  readonly repetitions: number;
}

/** Some ten minutes. */
export const WHOLE: Scale = {
  redisRounds: new Map([
    [0, 500],
    [10, 500],
    [100, 400],
    [400, 200],
    [1_000, 200],
  ]),
  dynamodbRounds: new Map([
    [0, 100],
    [10, 100],
    [100, 60],
    [400, 30],
    [1_000, 25],
  ]),
  redisConditions: [AWAKE, IDLE, DELAYED],
  dynamodbConditions: [AWAKE, DELAYED],
  growthTurns: 1_000,
  longHistory: 1_000,
  crowdedHistory: 5_000,
  crowdTurns: 5,
  throughputSessions: 50,
  throughputTurns: 20,
  writerAppends: 200,
  repetitions: 3,
};

/** A minute: shows that everything works, and roughly how things stand. */
export const QUICK: Scale = {
  redisRounds: new Map([
    [0, 30],
    [100, 20],
  ]),
  dynamodbRounds: new Map([
    [0, 5],
    [100, 5],
  ]),
  redisConditions: [AWAKE, DELAYED],
  dynamodbConditions: [AWAKE],
  growthTurns: 60,
  longHistory: 100,
  crowdedHistory: 200,
  crowdTurns: 2,
  throughputSessions: 10,
  throughputTurns: 5,
  writerAppends: 20,
  repetitions: 2,
};

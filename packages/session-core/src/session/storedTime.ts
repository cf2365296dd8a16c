/** The last moment that a `Date` can be, in milliseconds since the epoch. */
export const LATEST = 8_640_000_000_000_000;

/** Whether what a store gave can be a point in time, in milliseconds since the epoch. */
export function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= LATEST;
}

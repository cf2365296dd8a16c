import { HistoryCache } from '@agent-sessions/session-core';

const MAX_BYTES = 64 * 1_024 * 1_024;

/** A cache that every second session object of a process has, so that what one reads stands beside what the other does. */
export function everySecondCached(): () => HistoryCache | undefined {
  const cache = new HistoryCache({ maxBytes: MAX_BYTES });
  let sessions = 0;
  return () => (++sessions % 2 === 0 ? cache : undefined);
}

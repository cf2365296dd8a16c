import { SessionError } from '../store/errors';
import { pause } from '../store/pause';
import { backoffMs } from '../store/retry';

/** How long a change that was worked out from one state tries, in milliseconds, while others keep changing it. */
const CONTENTION_TIMEOUT_MS = 30_000;

/**
 * Tries a change that depends on the history until nobody else changed that meanwhile. Never leaves a try behind: the store
 * bounds each of its calls, and one that goes on later would change what was given up.
 */
export async function underContention<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + CONTENTION_TIMEOUT_MS;
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const delay = backoffMs(tries);
      if (!SessionError.is(error, 'CONTENTION') || performance.now() + delay >= deadline) throw error;
      await pause(delay);
    }
  }
}

export function contention(): SessionError {
  return new SessionError('CONTENTION', 'other writers changed the history at every try');
}

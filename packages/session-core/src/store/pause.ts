import { whenAborted } from './abortWaiters';

/**
 * Waits so many milliseconds, or until the signal aborts: then it rejects with the signal's reason. Any number of pauses may
 * share a signal.
 */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stopWaiting?.();
      resolve();
    }, ms);
    const stopWaiting =
      signal &&
      whenAborted(signal, () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      });
  });
}

/**
 * Those that wait for each signal. Of a signal there is one listener, however many wait: a caller may share it between any
 * number of calls, and Node takes more than ten listeners for a leak.
 */
const waitersOf = new WeakMap<AbortSignal, Waiters>();

interface Waiters {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

/**
 * Calls `callback` once when the signal aborts; at once if it has. Returns what to call when nobody waits for that any more.
 */
export function whenAborted(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  const waiters = waitersOf.get(signal) ?? listen(signal);
  waiters.callbacks.add(callback);
  return () => {
    waiters.callbacks.delete(callback);
    if (waiters.callbacks.size > 0 || waitersOf.get(signal) !== waiters) return;
    waitersOf.delete(signal);
    signal.removeEventListener('abort', waiters.listener);
  };
}

function listen(signal: AbortSignal): Waiters {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    waitersOf.delete(signal);
    for (const callback of callbacks) callback();
  };
  const waiters = { callbacks, listener };
  waitersOf.set(signal, waiters);
  signal.addEventListener('abort', listener, { once: true });
  return waiters;
}

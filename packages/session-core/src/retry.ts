import { SessionError } from './errors';

export interface RetryOptions {
  /** Milliseconds for all tries together. */
  readonly timeoutMs: number;
  /** Gives up at once when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Whether another try may succeed where this error ended one. */
  readonly isTransient: (error: unknown) => boolean;
}

const FIRST_DELAY_MS = 10;
const LONGEST_DELAY_MS = 1_000;

/**
 * Tries until `attempt` returns, fails for good, or the time is up, with fully jittered exponential back-off between
 * tries. The signal it hands out aborts at the time limit; a driver that ignores it is left behind.
 *
 * @throws At the bound the last error of a try, or `TIMEOUT` when none had ended, or one that ended in `CONTENTION` is
 * followed by one that has not; `ABORTED` when `signal` aborted.
 */
export async function withRetries<T>(
  options: RetryOptions,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs, signal, isTransient } = options;
  const stop = new AbortController();
  let lastError: unknown;
  const deadline = performance.now() + timeoutMs;
  const timer = setTimeout(() => {
    // CONTENTION says that nothing changed, which nobody knows of the try under way
    const told = SessionError.is(lastError, 'CONTENTION') ? undefined : lastError;
    const message = `no answer within ${timeoutMs} ms; a change may or may not have been made`;
    stop.abort(told ?? new SessionError('TIMEOUT', message));
  }, timeoutMs);
  const onAbort = (): void => {
    stop.abort(
      new SessionError('ABORTED', 'aborted by the signal; a change may or may not have been made', {
        cause: signal?.reason,
      }),
    );
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (let tries = 0; ; tries++) {
      stop.signal.throwIfAborted();
      try {
        return await untilAborted(attempt(stop.signal), stop.signal);
      } catch (error) {
        stop.signal.throwIfAborted();
        if (!isTransient(error)) throw error;
        lastError = error;
        const delay = backoffMs(tries);
        if (performance.now() + delay >= deadline) throw error;
        await pause(delay, stop.signal);
      }
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Full jitter: between 0 and an exponentially growing bound. */
export function backoffMs(tries: number): number {
  return Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** tries);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const slept = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return untilAborted(slept, signal).finally(() => clearTimeout(timer));
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

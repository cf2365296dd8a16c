import { whenAborted } from './abortWaiters';
import { SessionError } from './errors';
import type { CallTally } from './observeCall';
import { pause } from './pause';

export interface RetryOptions {
  /** Milliseconds for all tries together. */
  readonly timeoutMs: number;
  /** Gives up at once when it aborts. Any number of calls may share it. */
  readonly signal?: AbortSignal | undefined;
  /** The call changes nothing, so that no error needs to say that it may have. Default false. */
  readonly isReadOnly?: boolean | undefined;
  /** Whether another try may succeed where this error ended one. */
  readonly isTransient: (error: unknown) => boolean;
  /** Counts the tries after the first. */
  readonly tally?: CallTally | undefined;
}

/** The end of the time for all tries. */
export interface TimeLimit {
  /** Aborts when the time is over. Made when first asked for, because that costs more than the rest of a call. */
  readonly signal: AbortSignal;
}

const FIRST_DELAY_MS = 10;
const LONGEST_DELAY_MS = 1_000;

/**
 * Tries until `attempt` returns, fails for good, or the time is up, with fully jittered exponential back-off between
 * tries. A driver that ignores the limit's signal is left behind.
 *
 * @throws When the time is up: the error of the last try that ended. `TIMEOUT` where none had ended, or where that error was
 * `CONTENTION` and the next try, which may have made the change, was under way; `ABORTED` when `signal` aborted. The messages
 * of these two say what is known of a change.
 */
export async function withRetries<T>(
  options: RetryOptions,
  attempt: (limit: TimeLimit) => Promise<T>,
): Promise<T> {
  const limit = new Limit(options);
  try {
    for (let tries = 0; ; tries++) {
      limit.throwIfOver();
      limit.hasBegun = true;
      if (tries > 0 && options.tally) options.tally.retries++;
      try {
        return await limit.within(attempt(limit));
      } catch (error) {
        limit.throwIfOver();
        if (!options.isTransient(error)) throw error;
        limit.lastError = error;
        const delay = backoffMs(tries);
        if (performance.now() + delay >= limit.deadline) throw error;
        await pause(delay, limit.signal);
      }
    }
  } finally {
    limit.release();
  }
}

/** Full jitter: between 0 and an exponentially growing bound. */
export function backoffMs(tries: number): number {
  return Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** tries);
}

class Limit implements TimeLimit {
  readonly deadline: number;
  lastError: unknown;
  /** Whether there was a try. */
  hasBegun = false;
  readonly #timeoutMs: number;
  readonly #isReadOnly: boolean;
  readonly #caller: AbortSignal | undefined;
  readonly #stopWaiting: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout;
  #over: { readonly reason: unknown } | undefined;
  #controller: AbortController | undefined;
  #reject: ((reason: unknown) => void) | undefined;

  constructor({ timeoutMs, signal, isReadOnly = false }: RetryOptions) {
    this.deadline = performance.now() + timeoutMs;
    this.#timeoutMs = timeoutMs;
    this.#isReadOnly = isReadOnly;
    this.#caller = signal;
    this.#timer = setTimeout(endAtTimeout, timeoutMs, this);
    this.#stopWaiting = signal && whenAborted(signal, () => this.onAbort());
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#over) this.#controller.abort(this.#over.reason);
    }
    return this.#controller.signal;
  }

  throwIfOver(): void {
    if (this.#over) throw this.#over.reason;
  }

  /** What `work` comes to, unless the time is over first. */
  within<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      if (this.#over) this.#reject(this.#over.reason);
      work.then(resolve, reject);
    });
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#stopWaiting?.();
  }

  onTimeout(): void {
    // CONTENTION says that nothing changed, which nobody knows of the try under way
    const told = SessionError.is(this.lastError, 'CONTENTION') ? undefined : this.lastError;
    const message = `no answer within ${this.#timeoutMs} ms${this.#whatIsKnown()}`;
    this.#end(told ?? new SessionError('TIMEOUT', message));
  }

  onAbort(): void {
    const message = `aborted by the signal${this.#whatIsKnown()}`;
    this.#end(new SessionError('ABORTED', message, { cause: this.#caller?.reason }));
  }

  #whatIsKnown(): string {
    if (!this.hasBegun) return '; nothing was sent';
    return this.#isReadOnly ? '' : '; a change may or may not have been made';
  }

  #end(reason: unknown): void {
    this.#over ??= { reason };
    this.#controller?.abort(reason);
    this.#reject?.(reason);
  }
}

/** Not a function per call: each call has a time limit, and next to none comes to it. */
function endAtTimeout(limit: Limit): void {
  limit.onTimeout();
}

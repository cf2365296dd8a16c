import {
  SessionError,
  withRetries,
  type CallTally,
  type ResolvedStoreOptions,
  type RetryOptions,
  type TimeLimit,
} from '@agent-sessions/session-core/store';
import type { RedisClientAdapter } from './clients/adapter';
import { isTransient, notConnected, toSessionError } from './errors';

/** What is sent by one client: tried again where that may help, within one time limit, with errors of sessions. */
export class Tries {
  readonly #client: RedisClientAdapter;
  readonly #changing: RetryOptions;
  readonly #reading: RetryOptions;

  constructor(client: RedisClientAdapter, { timeoutMs, signal }: ResolvedStoreOptions) {
    this.#client = client;
    this.#changing = { timeoutMs, signal, isTransient: this.isTransient };
    this.#reading = { ...this.#changing, isReadOnly: true };
  }

  read<T>(attempt: (limit: TimeLimit) => Promise<T>, tally?: CallTally): Promise<T> {
    return this.#try(countedBy(tally, this.#reading), attempt);
  }

  change<T>(attempt: (limit: TimeLimit) => Promise<T>, tally?: CallTally): Promise<T> {
    return this.#try(countedBy(tally, this.#changing), attempt);
  }

  /** Whether another try may succeed. */
  readonly isTransient = (error: unknown): boolean => {
    const kind = this.#client.kindOf(error);
    return (
      isTransient(error, kind) ||
      SessionError.is(error, 'STORE_UNAVAILABLE') ||
      // A cluster, sentinel or pool closes some of its connections as servers come and go, and opens others.
      (kind === 'closed' && this.#client.isOpen === true)
    );
  };

  async #try<T>(retries: RetryOptions, attempt: (limit: TimeLimit) => Promise<T>): Promise<T> {
    try {
      return await withRetries(retries, attempt);
    } catch (error) {
      const { timeoutMs } = retries;
      const { isConnected, isOpen, lastConnectionError } = this.#client;
      // Some kinds of clients fail in ways of their own before they are connected.
      if (isOpen === false && error instanceof TypeError) throw notConnected(error);
      if (!SessionError.is(error, 'TIMEOUT') || isConnected !== false) {
        throw toSessionError(error, this.#client.kindOf(error));
      }
      const cause = lastConnectionError ?? error;
      const message = `no connection to Redis within ${timeoutMs} ms: the client's 'error' events say why; for a sentinel, ask whether its root nodes can be reached`;
      throw new SessionError('STORE_UNAVAILABLE', message, { cause });
    }
  }
}

function countedBy(tally: CallTally | undefined, retries: RetryOptions): RetryOptions {
  return tally === undefined ? retries : { ...retries, tally };
}

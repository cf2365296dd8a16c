import type { TimeLimit } from '@agent-sessions/session-core/store';
import { isTransient } from '../errors';
import { isCluster, type IORedisClient } from './ioRedisClient';
import { causeOf, CONNECTION_LOST, kindOfIORedisError, withoutCommand } from './ioRedisErrors';

/** A client that has one of these will have another. `end` is for good; with any other it runs commands, or says why not. */
const BETWEEN = new Set(['wait', 'connecting', 'connect', 'reconnecting', 'close', 'disconnecting']);

/**
 * Keeps the sending to the store. ioredis takes no signal: it would queue commands while there is no connection, however
 * many; and with `autoResendUnfulfilledCommands: false` it never says that the connection broke. So nothing is sent before
 * the client is ready, and when the connection is lost, all that has no answer fails. What ioredis sends again by itself, be
 * it hours later, the scripts refuse once its call is over. It listens to its client once, however many calls there are.
 */
export class IORedisConnection {
  readonly #client: IORedisClient;
  readonly #waiters = new Set<(refusal?: Error) => void>();
  /** How those commands fail that were sent and have no answer yet. */
  readonly #open = new Set<(reason: Error) => void>();
  #lastError: unknown;

  constructor(client: IORedisClient) {
    this.#client = client;
    // The connection is lost, or that to one of a cluster's servers.
    for (const event of ['close', '-node']) client.on(event, this.#onLoss);
  }

  /** The last one while a call waited for a connection. */
  get lastError(): unknown {
    return this.#lastError;
  }

  get isReady(): boolean {
    return !BETWEEN.has(this.#client.status);
  }

  /**
   * Waits until commands are sent at once; connects a client with `lazyConnect`.
   *
   * @throws what the server refuses the connection for, such as a wrong password
   */
  async untilReady({ signal }: TimeLimit): Promise<void> {
    signal.throwIfAborted();
    if (this.#client.status === 'wait') this.#client.connect().catch(() => undefined); // its 'error' events say why
    await new Promise<void>((resolve, reject) => {
      const settle = (refusal?: Error): void => {
        signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(settle);
        if (this.#waiters.size === 0) this.#listen('removeListener');
        if (refusal === undefined) resolve();
        else reject(refusal);
      };
      const onAbort = (): void => settle(signal.reason as Error);
      signal.addEventListener('abort', onAbort);
      if (this.#waiters.size === 0) this.#listen('on');
      this.#waiters.add(settle);
    });
    signal.throwIfAborted();
  }

  /** @throws also when the connection is lost */
  send<T>(command: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#open.add(reject);
      const end = (): void => void this.#open.delete(reject);
      const running = command();
      running.then(end, end);
      running.then(resolve, reject);
    });
  }

  readonly #onLoss = (): void => {
    for (const fail of this.#open) fail(new Error(CONNECTION_LOST));
    this.#open.clear();
  };

  #listen(how: 'on' | 'removeListener'): void {
    this.#client[how]('ready', this.#onReady);
    this.#client[how]('end', this.#onReady);
    this.#client[how]('error', this.#onError);
  }

  readonly #onReady = (): void => {
    for (const settle of this.#waiters) settle();
  };

  readonly #onError = (error: unknown): void => {
    const cause = causeOf(withoutCommand(error));
    this.#lastError = cause;
    const kind = kindOfIORedisError(cause, isCluster(this.#client));
    if (kind !== 'reply' || isTransient(cause, kind)) return;
    for (const settle of this.#waiters) settle(cause as Error);
  };
}

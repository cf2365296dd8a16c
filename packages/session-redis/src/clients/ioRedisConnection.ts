import type { TimeLimit } from '@agent-sessions/session-core/store';
import { isTransient } from '../errors';
import { isCluster, type IORedisClient } from './ioRedisClient';
import { causeOf, kindOfIORedisError, withoutCommand } from './ioRedisErrors';

/** A client that has one of these will have another. `end` is for good; with any other it runs commands, or says why not. */
const BETWEEN = new Set(['wait', 'connecting', 'connect', 'reconnecting', 'close', 'disconnecting']);

/** A script, or its digest, on its way: ioredis reads these very bytes whenever it sends the command. */
interface Sending {
  readonly script: Buffer;
  readonly limit: TimeLimit;
}

const connections = new WeakMap<IORedisClient, IORedisConnection>();

/** The one of this client, which any number of sessions share: it listens once, however many calls there are. */
export function connectionOf(client: IORedisClient): IORedisConnection {
  const known = connections.get(client);
  if (known !== undefined) return known;
  const connection = new IORedisConnection(client);
  connections.set(client, connection);
  return connection;
}

/**
 * Keeps ioredis from sending anything of a call that has ended. ioredis takes no signal, and what it has queued while there is
 * no connection, or sends again because the connection broke before the answer, it sends when it is connected again, be it
 * hours later.
 */
export class IORedisConnection {
  readonly #client: IORedisClient;
  readonly #waiters = new Set<(refusal?: unknown) => void>();
  readonly #sendings = new Set<Sending>();
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
      const settle = (refusal?: unknown): void => {
        signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(settle);
        if (this.#waiters.size === 0) this.#listen('removeListener');
        if (refusal === undefined) resolve();
        else reject(refusal);
      };
      const onAbort = (): void => settle(signal.reason);
      signal.addEventListener('abort', onAbort);
      if (this.#waiters.size === 0) this.#listen('on');
      this.#waiters.add(settle);
    });
    signal.throwIfAborted();
  }

  /**
   * @param script - bytes of its own, for once the call is over they are overwritten with those of a script that does nothing,
   * or of the digest of none
   */
  async send(script: Buffer, limit: TimeLimit, command: () => Promise<unknown>): Promise<unknown> {
    const sending = { script, limit };
    this.#sendings.add(sending);
    try {
      return await command();
    } finally {
      this.#sendings.delete(sending);
      disarm(script);
    }
  }

  readonly #onLoss = (): void => {
    for (const { script, limit } of this.#sendings) {
      if (limit.signal.aborted) disarm(script);
      else limit.signal.addEventListener('abort', () => disarm(script), { once: true });
    }
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
    for (const settle of this.#waiters) settle(cause);
  };
}

/** Spaces, which are a script that does nothing, and the digest of none. */
function disarm(script: Buffer): void {
  script.fill(' ');
}

import type { Buffer } from 'node:buffer';
import type { TimeLimit } from '@agent-sessions/session-core/store';
import { isTransient } from '../errors';
import { isCluster, type IORedisClient } from './ioRedisClient';
import { causeOf, CONNECTION_LOST, kindOfIORedisError, withoutCommand } from './ioRedisErrors';

/** A client that has one of these will have another. `end` is for good; with any other it runs commands, or says why not. */
const BETWEEN = new Set(['wait', 'connecting', 'connect', 'reconnecting', 'close', 'disconnecting']);

/** Commands that were sent, and have no answer yet. */
interface Sending {
  readonly fail: (reason: Error) => void;
  /** The script of what changes a session, or its digest: ioredis reads these very bytes whenever it sends the command. */
  readonly script: Buffer | undefined;
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
 * Keeps the sending to the store. ioredis takes no signal: what it has queued while there is no connection, or sends again
 * because the connection broke before the answer, it sends when it is connected again, be it hours after the call has failed;
 * and with `autoResendUnfulfilledCommands: false` it never says that the connection broke. So nothing is sent before the
 * client is ready, and when the connection is lost, all that has no answer fails, and does nothing if it is sent again.
 */
export class IORedisConnection {
  readonly #client: IORedisClient;
  readonly #waiters = new Set<(refusal?: Error) => void>();
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

  /**
   * @param script - bytes of its own, which are overwritten when the command is over
   * @param signal - of a cluster: the client itself tries again for a while, as long as this has not aborted
   * @throws also when the connection is lost
   */
  send<T>(command: () => Promise<T>, script?: Buffer, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = signal && ((): void => disarm(sending));
      const stopListening = (): void => {
        if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
      };
      const fail = (reason: Error): void => {
        stopListening();
        reject(reason);
      };
      const sending: Sending = { fail, script };
      const end = (): void => {
        this.#sendings.delete(sending);
        disarm(sending);
      };
      this.#sendings.add(sending);
      if (onAbort !== undefined) signal?.addEventListener('abort', onAbort);
      command().then(
        (reply) => {
          end();
          stopListening();
          resolve(reply);
        },
        (error: unknown) => {
          end();
          fail(error as Error);
        },
      );
    });
  }

  readonly #onLoss = (): void => {
    for (const sending of this.#sendings) {
      disarm(sending);
      sending.fail(new Error(CONNECTION_LOST));
    }
    this.#sendings.clear();
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

/** Leaves spaces, which are a script that does nothing, and the digest of none. */
function disarm({ script }: Sending): void {
  script?.fill(' ');
}

import { StoredSession, type SessionOptions } from '@agent-sessions/session-core';
import { resolveStoreOptions } from '@agent-sessions/session-core/store';
import { close, createOwnedClient, open, type OwnedClient, type TlsOptions } from './clients/ownedNodeRedis';
import { RedisStore, type RedisStoreOptions } from './redisStore';

export interface RedisSessionOptions extends SessionOptions, RedisStoreOptions {}

export interface RedisUrlOptions extends Omit<RedisSessionOptions, 'client'> {
  /** For `rediss://`: the authority (`ca`) where Node does not know it, a certificate of the client, a server's name. */
  readonly tls?: TlsOptions | undefined;
}

/**
 * A durable session of the OpenAI Agents SDK in Redis or Valkey. It never closes `client`, which any number of sessions
 * may share.
 */
export class RedisSession extends StoredSession {
  /** @throws `INVALID_ARGUMENT` */
  constructor(options: RedisSessionOptions) {
    super(new RedisStore(options), options);
  }

  /**
   * A session with a client of its own, of the package `redis`, connected within `timeoutMs`. Close it, or declare it with `await using`.
   *
   * @param url - `redis://`, or `rediss://` for TLS: `redis://user:password@host:6379/0`.
   * @throws `INVALID_ARGUMENT`, `ACCESS_DENIED` for a wrong password, `STORE_MISCONFIGURED` for a certificate that is not
   * trusted, no such database, no TLS or no RESP 3 at that port, or where `redis` is not installed, `STORE_UNAVAILABLE`, `TIMEOUT`, `ABORTED`
   */
  static async fromUrl(url: string, options: RedisUrlOptions = {}): Promise<OwnedRedisSession> {
    const client = await createOwnedClient(url, options.tls);
    const session = new OwnedRedisSession({ ...options, client });
    await open(client, url, resolveStoreOptions(options));
    return session;
  }
}

/** What `RedisSession.fromUrl` returns: a session that owns its connection. */
export class OwnedRedisSession extends RedisSession implements AsyncDisposable {
  readonly #close: () => Promise<void>;
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(options: RedisSessionOptions & { readonly client: OwnedClient }) {
    super(options);
    this.#close = () => close(options.client, resolveStoreOptions(options));
  }

  /**
   * Closes the connection, once what was sent is answered or `timeoutMs` is over. Await the session's calls first: one
   * that has more to send fails with `STORE_UNAVAILABLE`, as all later ones do.
   */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

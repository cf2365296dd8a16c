import type { ConnectionOptions } from 'node:tls';
import { SessionError, withRetries, type ResolvedStoreOptions } from '@agent-sessions/session-core/store';
import { isTransient, messageOf, toSessionError } from '../errors';
import type { NodeRedisClient } from './nodeRedisClient';
import { kindOfNodeRedisError, lastConnectionErrorOf, noteConnectionError } from './nodeRedisErrors';

/** What a session that owns its client needs of it. */
export interface OwnedClient extends NodeRedisClient {
  on(event: 'error' | 'connect', listener: (error?: unknown) => void): unknown;
  connect(): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): unknown;
}

/** What `node:tls` takes of these, for `rediss://` only: https://nodejs.org/api/tls.html#tlsconnectoptions-callback */
export type TlsOptions = Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'servername'>;

type Bounds = Pick<ResolvedStoreOptions, 'timeoutMs' | 'signal'>;

/** @throws `INVALID_ARGUMENT`, `STORE_MISCONFIGURED` */
export async function createOwnedClient(url: unknown, tls: TlsOptions | undefined): Promise<OwnedClient> {
  const { createClient } = await importRedis();
  let client: OwnedClient;
  try {
    if (typeof url !== 'string' || url === '') throw new TypeError();
    client = createClient({ url, RESP: 3, ...(tls && { socket: { ...tls, tls: true } }) });
  } catch {
    // without the cause, which quotes the URL, password and all
    throw new SessionError(
      'INVALID_ARGUMENT',
      'url must be like redis[s]://[user:password@]host[:port][/db], with the option tls rediss://…',
    );
  }
  client.on('error', (error) => noteConnectionError(client, error));
  return client;
}

/** An optional peer dependency, which only those need who do not pass a client. */
async function importRedis() {
  try {
    return await import('redis');
  } catch (cause) {
    const message =
      'fromUrl needs the package redis: npm install redis; or pass a client of your own to new RedisSession';
    throw new SessionError('STORE_MISCONFIGURED', message, { cause });
  }
}

/**
 * node-redis tries to connect for ever; this ends at the time limit, or when the server says that it is no use.
 *
 * @throws `STORE_UNAVAILABLE`, `TIMEOUT`, `ABORTED`, `ACCESS_DENIED`, `STORE_MISCONFIGURED`
 */
export async function open(client: OwnedClient, url: string, { timeoutMs, signal }: Bounds): Promise<void> {
  const refused = new Promise<never>((_, reject) => {
    client.on('error', (error) => {
      const kind = kindOfNodeRedisError(error);
      if (!isTransient(error, kind)) reject(toSessionError(error, kind));
    });
  });
  try {
    await withRetries({ timeoutMs, signal, isReadOnly: true, isTransient: () => false }, () =>
      Promise.race([client.connect(), refused]),
    );
  } catch (error) {
    destroy(client);
    if (!SessionError.is(error, 'TIMEOUT')) throw toSessionError(error, kindOfNodeRedisError(error));
    const cause = lastConnectionErrorOf(client) ?? error;
    if (url.startsWith('rediss:') && isSilence(cause)) {
      const message = `no TLS connection within ${timeoutMs} ms: if the server does not speak TLS at this port, the URL begins with redis://`;
      throw new SessionError('STORE_UNAVAILABLE', message, { cause });
    }
    throw toSessionError(cause, kindOfNodeRedisError(cause));
  }
}

/** A server that waits for a command takes what begins TLS for the beginning of one. */
function isSilence(error: unknown): boolean {
  return SessionError.is(error, 'TIMEOUT') || messageOf(error) === 'Connection timeout';
}

/** Waits for the answers to commands that were sent, within the time limit. */
export async function close(client: OwnedClient, { timeoutMs }: Bounds): Promise<void> {
  try {
    await withRetries({ timeoutMs, isTransient: () => false }, () => client.close());
  } catch {
    destroy(client);
  }
}

function destroy(client: OwnedClient): void {
  client.destroy();
  // A connection that is just being made survives the first time.
  client.on('connect', () => client.destroy());
}

import {
  createClient,
  createClientPool,
  createCluster,
  createSentinel,
  RESP_TYPES,
  type RedisClientType,
} from 'redis';
import { RedisSession, type OwnedRedisSession, type RedisSessionClient } from '../src';

/* Compiled, not run: every client of the package `redis` fits with no cast. */

const BUFFERS = { [RESP_TYPES.BLOB_STRING]: Buffer } as const;
const rootNodes = [{ url: 'redis://localhost' }];
const sentinel = { name: 'master', sentinelRootNodes: [{ host: 'localhost', port: 26379 }] };

export const clients: RedisSessionClient[] = [
  createClient(),
  createClient({ RESP: 2 }),
  createClient({ RESP: 3, commandOptions: { typeMapping: BUFFERS } }),
  createClient().withTypeMapping(BUFFERS),
  createClient().withCommandOptions({ asap: true }),
  createClient({ modules: {} }),
  createClientPool(),
  createClientPool({ RESP: 2 }, { maximum: 5 }),
  createClientPool({ commandOptions: { typeMapping: BUFFERS } }),
  createCluster({ rootNodes }),
  createCluster({ rootNodes, RESP: 2 }),
  createCluster({ rootNodes, commandOptions: { typeMapping: BUFFERS } }),
  createCluster({ rootNodes }).withTypeMapping(BUFFERS),
  createSentinel(sentinel),
  createSentinel({ ...sentinel, RESP: 2 }),
  createSentinel(sentinel).withTypeMapping(BUFFERS),
];

export const sessions = [
  new RedisSession({ client: createClient() }),
  new RedisSession({ client: createClient({ RESP: 2 }), ttlSeconds: 60, keyPrefix: 'p' }),
  new RedisSession({ client: createClient().withTypeMapping(BUFFERS) }),
  new RedisSession({ client: createClientPool() }),
  new RedisSession({ client: createCluster({ rootNodes }) }),
  new RedisSession({ client: createSentinel(sentinel) }),
];

export async function connected(client: RedisClientType): Promise<RedisSession[]> {
  return [
    new RedisSession({ client }),
    new RedisSession({ client: await createClient().on('error', console.error).connect() }),
    new RedisSession({ client: await createCluster({ rootNodes }).connect() }),
    new RedisSession({ client: await createSentinel(sentinel).connect() }),
  ];
}

// @ts-expect-error what is no client does not fit
export const none = new RedisSession({ client: {} });
// @ts-expect-error nor does a client of callbacks
export const legacy = new RedisSession({ client: createClient().legacy() });
type Closable<T> = T extends { close(): unknown } ? true : false;
export const injected: Closable<RedisSession> = false;
export const owned: Closable<OwnedRedisSession> = true;

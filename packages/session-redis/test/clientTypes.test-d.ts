import {
  createClient,
  createClientPool,
  createCluster,
  createSentinel,
  RESP_TYPES,
  type RedisClientType,
} from 'redis';
import * as redis5 from 'redis-5';
import { Cluster, Redis } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5';
import {
  RedisSession,
  type OwnedRedisSession,
  type RedisClientAdapter,
  type RedisSessionClient,
} from '../src';

/* Compiled, not run: every client of `redis` and `ioredis` fits with no cast. */

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

export const clientsOfRedis5: RedisSessionClient[] = [
  redis5.createClient(),
  redis5.createClient({ RESP: 3, commandOptions: { typeMapping: BUFFERS } }),
  redis5.createClient().withTypeMapping(BUFFERS),
  redis5.createClient({ modules: {} }),
  redis5.createClientPool(),
  redis5.createCluster({ rootNodes }),
  redis5.createCluster({ rootNodes }).withTypeMapping(BUFFERS),
  redis5.createSentinel(sentinel),
  redis5.createSentinel({ ...sentinel, commandOptions: { typeMapping: BUFFERS } }),
];

export const clientsOfIORedis: RedisSessionClient[] = [
  new Redis(),
  new Redis({ protocol: 2, keyPrefix: 'app:', enableAutoPipelining: true, maxRetriesPerRequest: null }),
  new Redis({ protocol: 3, replyMapping: 'resp3' }),
  new Redis({ sentinels: sentinel.sentinelRootNodes, name: 'master' }),
  Redis.createClient(),
  new Redis().duplicate(),
  new Cluster(['redis://localhost']),
  new Redis.Cluster([{ host: 'localhost', port: 7000 }], { scaleReads: 'slave' }),
  new Redis5(),
  new Redis5({ lazyConnect: true, enableOfflineQueue: false }),
  new Redis5({ sentinels: sentinel.sentinelRootNodes, name: 'master' }),
  new Cluster5(['redis://localhost']),
];

/** For a client of another kind, with what the interface asks for and no more. */
export const adapter: RedisClientAdapter = {
  run: ({ sha1 }, { keys, arguments: args }, { signal }) =>
    Promise.resolve([sha1, ...keys, ...args, signal.aborted]),
  kindOf: () => 'unreachable',
};

export const sessions = [
  new RedisSession({ client: adapter }),
  new RedisSession({ client: new Redis(), ttlSeconds: 60 }),
  new RedisSession({ client: new Cluster(['redis://localhost']), waitForReplicas: 1 }),
  new RedisSession({ client: new Redis5() }),
  new RedisSession({ client: redis5.createClient() }),
  new RedisSession({ client: redis5.createCluster({ rootNodes }) }),
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
// @ts-expect-error nor does a pipeline
export const pipeline = new RedisSession({ client: new Redis().pipeline() });
// @ts-expect-error nor does a client of callbacks
export const legacy = new RedisSession({ client: createClient().legacy() });
type Closable<T> = T extends { close(): unknown } ? true : false;
export const injected: Closable<RedisSession> = false;
export const owned: Closable<OwnedRedisSession> = true;

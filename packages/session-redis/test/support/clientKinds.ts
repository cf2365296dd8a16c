import type { RedisCluster, SentinelGroup } from '@agent-sessions/engines';
import { Cluster, Redis, type ClusterOptions as IORedisClusterOptions, type RedisOptions } from 'ioredis';
import {
  Cluster as Cluster5,
  Redis as Redis5,
  type ClusterOptions as IORedis5ClusterOptions,
  type RedisOptions as Redis5Options,
} from 'ioredis-5';
import { createClient, createClientPool, createCluster, createSentinel, RESP_TYPES } from 'redis';
import * as redis5 from 'redis-5';
import type { RedisSessionClient } from '../../src';

const ignore = (): void => undefined;

export interface Address {
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/** A client of any kind, which is not connected yet. */
export interface TestClient {
  readonly client: RedisSessionClient;
  readonly isReady: () => boolean;
  /** Once it is connected, or has failed to for the first time; it may go on trying. */
  readonly connect: () => Promise<unknown>;
  /** Once what was sent is answered. */
  readonly close: () => Promise<unknown>;
  readonly destroy: () => unknown;
}

export type Kind<Servers> = (servers: Servers) => TestClient;

interface NodeRedisLike {
  readonly isReady?: boolean;
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  close(): unknown;
  destroy(): unknown;
}

function ofNodeRedis(client: RedisSessionClient & NodeRedisLike): TestClient {
  return {
    client,
    isReady: () => client.isReady ?? client.isOpen,
    connect: () => client.connect(),
    close: () => Promise.resolve(client.close()),
    destroy: () => (client.isOpen ? client.destroy() : undefined),
  };
}

interface IORedisLike {
  readonly status: string;
  connect(): Promise<unknown>;
  quit(): Promise<unknown>;
  disconnect(): void;
  on(event: 'error', listener: () => void): unknown;
}

export function ofIORedis(client: RedisSessionClient & IORedisLike): TestClient {
  client.on('error', ignore);
  return {
    client,
    isReady: () => client.status === 'ready',
    connect: () => client.connect(),
    close: () => client.quit(),
    destroy: () => client.disconnect(),
  };
}

const LOCAL = '127.0.0.1';
const FAST = { reconnectStrategy: 1 } as const;
const LAZY = { lazyConnect: true, retryStrategy: () => 1 } as const;
const BUFFERS = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer } as const;
const STRINGS = { [RESP_TYPES.NUMBER]: String, [RESP_TYPES.BLOB_STRING]: String } as const;

type NodeRedisOptions = Parameters<typeof createClient>[0] & object;

const node6 =
  (options: Omit<NodeRedisOptions, 'RESP'> & { RESP?: 2 | 3 } = {}): Kind<Address> =>
  ({ port, ...user }) =>
    ofNodeRedis(
      createClient({ socket: { host: LOCAL, port, ...FAST }, ...user, ...options }).on('error', ignore),
    );
const node5 =
  (options: Parameters<typeof redis5.createClient>[0] & object = {}): Kind<Address> =>
  ({ port, ...user }) =>
    ofNodeRedis(
      redis5
        .createClient({ socket: { host: LOCAL, port, ...FAST }, ...user, ...options })
        .on('error', ignore),
    );
const io6 =
  (options: RedisOptions & { replyMapping?: 'legacy' | 'resp3' } = {}): Kind<Address> =>
  (address) =>
    ofIORedis(new Redis({ host: LOCAL, ...address, ...LAZY, ...options }));
const io5 =
  (options: Redis5Options = {}): Kind<Address> =>
  (address) =>
    ofIORedis(new Redis5({ host: LOCAL, ...address, ...LAZY, ...options }));

/** The clients of one server, one per major version of a package, with nothing set. */
export const PLAIN = {
  'redis 6': node6(),
  'redis 5': node5(),
  'ioredis 6': io6(),
  'ioredis 5': io5(),
} satisfies Record<string, Kind<Address>>;

/** And with what can be set that a session might notice. */
export const PLAIN_VARIANTS: Record<string, Kind<Address>> = {
  'redis 6, RESP 2': node6({ RESP: 2 }),
  'redis 6, mapped to Buffers': node6({ commandOptions: { typeMapping: BUFFERS } }),
  'redis 6, mapped to strings': node6({ commandOptions: { typeMapping: STRINGS } }),
  'redis 6, withTypeMapping': ({ port }) => {
    const client = createClient({ socket: { host: LOCAL, port } }).on('error', ignore);
    return { ...ofNodeRedis(client), client: client.withTypeMapping(BUFFERS) };
  },
  'redis 6, no offline queue': node6({ disableOfflineQueue: true }),
  'redis 6, a cache': node6({ RESP: 3, clientSideCache: { ttl: 0, maxEntries: 0 } }),
  'redis 6, a key prefix': node6({ keyPrefix: 'of-the-client:' }),
  'redis 5, RESP 3': node5({ RESP: 3 }),
  'redis 5, mapped to Buffers': node5({ commandOptions: { typeMapping: BUFFERS } }),
  'redis 5, no offline queue': node5({ disableOfflineQueue: true }),
  'ioredis 6, RESP 2': io6({ protocol: 2 }),
  'ioredis 6, replies in shapes of RESP 3': io6({ protocol: 3, replyMapping: 'resp3' }),
  'ioredis 6, automatic pipelines': io6({ enableAutoPipelining: true }),
  'ioredis 6, no offline queue': io6({ enableOfflineQueue: false }),
  'ioredis 6, no end of retries': io6({ maxRetriesPerRequest: null }),
  'ioredis 6, no retries': io6({ maxRetriesPerRequest: 0 }),
  'ioredis 6, no resending': io6({ autoResendUnfulfilledCommands: false }),
  'ioredis 6, a time limit per command': io6({ commandTimeout: 10_000 }),
  'ioredis 6, a key prefix': io6({ keyPrefix: 'of-the-client:' }),
  'ioredis 6, a key prefix with a hash tag': io6({ keyPrefix: '{of-the-client}:' }),
  'ioredis 6, numbers as text': io6({ stringNumbers: true }),
  'ioredis 6, friendly stacks, no ready check': io6({
    showFriendlyErrorStack: true,
    enableReadyCheck: false,
  }),
  'ioredis 5, automatic pipelines': io5({ enableAutoPipelining: true }),
  'ioredis 5, no offline queue': io5({ enableOfflineQueue: false }),
  'ioredis 5, no resending': io5({ autoResendUnfulfilledCommands: false }),
  'ioredis 5, a key prefix': io5({ keyPrefix: 'of-the-client:' }),
  'ioredis 5, numbers as text': io5({ stringNumbers: true }),
};

/** Several connections to one server. */
export const POOLS = {
  'pool of redis 6': ({ port, ...user }) =>
    ofNodeRedis(
      createClientPool({ socket: { host: LOCAL, port, ...FAST }, ...user }, { minimum: 2, maximum: 4 }).on(
        'error',
        ignore,
      ),
    ),
  'pool of redis 6, RESP 2': ({ port }) =>
    ofNodeRedis(createClientPool({ RESP: 2, socket: { host: LOCAL, port, ...FAST } }).on('error', ignore)),
  'pool of redis 6, mapped to Buffers': ({ port }) =>
    ofNodeRedis(
      createClientPool({
        socket: { host: LOCAL, port, ...FAST },
        commandOptions: { typeMapping: BUFFERS },
      }).on('error', ignore),
    ),
  'pool of redis 5': ({ port }) =>
    ofNodeRedis(
      redis5
        .createClientPool({ socket: { host: LOCAL, port, ...FAST } }, { minimum: 2, maximum: 4 })
        .on('error', ignore),
    ),
} satisfies Record<string, Kind<Address>>;

export interface ClusterAddress extends Pick<RedisCluster, 'rootNodes'> {
  readonly user?: { readonly username: string; readonly password: string };
}

type ClusterOptions = Omit<Parameters<typeof createCluster>[0], 'RESP' | 'rootNodes'> & { RESP?: 2 | 3 };
const cluster6 =
  (options: ClusterOptions = {}): Kind<ClusterAddress> =>
  ({ rootNodes, user }) =>
    ofNodeRedis(
      createCluster({ rootNodes: [...rootNodes], ...(user && { defaults: user }), ...options }).on(
        'error',
        ignore,
      ),
    );
const urlsOf = ({ rootNodes }: ClusterAddress): string[] => rootNodes.map(({ url }) => url);
interface Credentials {
  readonly username?: string;
  readonly password?: string;
}
const ioCluster6 =
  ({ redisOptions = {}, ...options }: IORedisClusterOptions = {}): Kind<ClusterAddress> =>
  (address) =>
    ofIORedis(
      new Cluster(urlsOf(address), {
        lazyConnect: true,
        ...options,
        redisOptions: { ...(redisOptions as Credentials), ...address.user },
      }),
    );
const ioCluster5 =
  (options: IORedis5ClusterOptions = {}): Kind<ClusterAddress> =>
  (address) =>
    ofIORedis(
      new Cluster5(urlsOf(address), {
        lazyConnect: true,
        ...(address.user && { redisOptions: address.user }),
        ...options,
      }),
    );

export const CLUSTERED = {
  'createCluster of redis 6': cluster6(),
  'createCluster of redis 5': ({ rootNodes, user }) =>
    ofNodeRedis(
      redis5
        .createCluster({ rootNodes: [...rootNodes], ...(user && { defaults: user }) })
        .on('error', ignore),
    ),
  'Cluster of ioredis 6': ioCluster6(),
  'Cluster of ioredis 5': ioCluster5(),
} satisfies Record<string, Kind<ClusterAddress>>;

export const CLUSTERED_VARIANTS: Record<string, Kind<ClusterAddress>> = {
  'createCluster of redis 6, RESP 2': cluster6({ RESP: 2 }),
  'createCluster of redis 6, reading from replicas': cluster6({ useReplicas: true }),
  'createCluster of redis 6, mapped to Buffers': cluster6({ commandOptions: { typeMapping: BUFFERS } }),
  'Cluster of ioredis 6, reading from replicas': ioCluster6({ scaleReads: 'slave' }),
  'Cluster of ioredis 6, automatic pipelines': ioCluster6({ enableAutoPipelining: true }),
  'Cluster of ioredis 6, no offline queue': ioCluster6({ enableOfflineQueue: false }),
  'Cluster of ioredis 6, a key prefix': ioCluster6({ keyPrefix: 'of-the-client:' }),
  'Cluster of ioredis 6, RESP 2': ioCluster6({ redisOptions: { protocol: 2 } }),
  'Cluster of ioredis 5, automatic pipelines': ioCluster5({ enableAutoPipelining: true }),
  'Cluster of ioredis 5, reading from replicas': ioCluster5({ scaleReads: 'slave' }),
};

type Watched = Pick<SentinelGroup, 'name' | 'rootNodes'>;
type SentinelOptions = Omit<Parameters<typeof createSentinel>[0], 'RESP' | 'name' | 'sentinelRootNodes'> & {
  RESP?: 2 | 3;
};
const sentinel6 =
  (options: SentinelOptions = {}): Kind<Watched> =>
  ({ name, rootNodes }) =>
    ofNodeRedis(createSentinel({ name, sentinelRootNodes: [...rootNodes], ...options }).on('error', ignore));

export const WATCHED = {
  'createSentinel of redis 6': sentinel6(),
  'createSentinel of redis 5, mapped to Buffers': ({ name, rootNodes }) =>
    ofNodeRedis(
      redis5
        .createSentinel({
          name,
          sentinelRootNodes: [...rootNodes],
          commandOptions: { typeMapping: { [redis5.RESP_TYPES.BLOB_STRING]: Buffer } },
        })
        .on('error', ignore),
    ),
  'ioredis 6 with sentinels': ({ name, rootNodes }) =>
    ofIORedis(new Redis({ name, sentinels: [...rootNodes], ...LAZY })),
  'ioredis 5 with sentinels': ({ name, rootNodes }) =>
    ofIORedis(new Redis5({ name, sentinels: [...rootNodes], ...LAZY })),
} satisfies Record<string, Kind<Watched>>;

export const WATCHED_VARIANTS: Record<string, Kind<Watched>> = {
  'createSentinel of redis 6, RESP 2': sentinel6({ RESP: 2 }),
  'createSentinel of redis 6, reading from replicas': sentinel6({ replicaPoolSize: 2 }),
  'createSentinel of redis 6, mapped to Buffers': sentinel6({ commandOptions: { typeMapping: BUFFERS } }),
};

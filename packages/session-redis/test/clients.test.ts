import {
  startRedisCluster,
  startSentinel,
  type RedisCluster,
  type SentinelGroup,
} from '@agent-sessions/engines';
import { NO_HISTORY } from '@agent-sessions/session-core/store';
import {
  createClient,
  createClientPool,
  createCluster,
  createSentinel,
  RESP_TYPES,
  type RedisClientOptions,
  type RedisClusterOptions,
  type RedisSentinelOptions,
} from 'redis';
import { RedisStore, type NodeRedisClient, type RedisSessionClient } from '../src';
import { commitId, TestRedis } from './support/redis';

const redis = new TestRedis();
let cluster: RedisCluster;
let sentinel: SentinelGroup;

beforeAll(async () => {
  await redis.connect();
  [cluster, sentinel] = await Promise.all([startRedisCluster(), startSentinel()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([redis.close(), cluster.stop(), sentinel.stop()]);
});

interface Kind {
  readonly client: RedisSessionClient;
  readonly close: () => unknown;
}

const BUFFERS = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer };
const STRINGS = { [RESP_TYPES.NUMBER]: String, [RESP_TYPES.BLOB_STRING]: String };
type Options<O> = Omit<O, 'RESP'> & { readonly RESP?: 2 | 3 };
const ignore = (): void => undefined;

async function plain(options: Options<RedisClientOptions> = {}): Promise<Kind> {
  const client = createClient({ url: process.env.REDIS_URL ?? '', ...options }).on('error', ignore);
  await client.connect();
  return { client, close: () => client.close() };
}

async function pool(options: Options<RedisClientOptions> = {}): Promise<Kind> {
  const client = createClientPool({ url: process.env.REDIS_URL ?? '', ...options }, { maximum: 3 });
  await client.on('error', ignore).connect();
  return { client, close: () => client.close() };
}

async function clustered(options: Partial<Options<RedisClusterOptions>> = {}): Promise<Kind> {
  const client = createCluster({ rootNodes: [...cluster.rootNodes], ...options }).on('error', ignore);
  await client.connect();
  return { client, close: () => client.close() };
}

async function watched(options: Partial<Options<RedisSentinelOptions>> = {}): Promise<Kind> {
  const client = createSentinel({
    name: sentinel.name,
    sentinelRootNodes: [...sentinel.rootNodes],
    ...options,
  }).on('error', ignore);
  await client.connect();
  return { client, close: () => client.close() };
}

const KINDS: Record<string, () => Promise<Kind>> = {
  'createClient, RESP 2': () => plain({ RESP: 2 }),
  'createClient, RESP 3': () => plain({ RESP: 3 }),
  'createClient, mapped to Buffers': () => plain({ commandOptions: { typeMapping: BUFFERS } }),
  'createClient, mapped to strings': () => plain({ commandOptions: { typeMapping: STRINGS } }),
  'createClient().withTypeMapping': async () => {
    const client = await redis.client.duplicate().connect();
    return { client: client.withTypeMapping(BUFFERS), close: () => client.close() };
  },
  'createClient without an offline queue': () => plain({ disableOfflineQueue: true }),
  'createClient with a cache': () => plain({ RESP: 3, clientSideCache: { ttl: 0, maxEntries: 0 } }),
  'createClient with a key prefix': () => plain({ keyPrefix: redis.keyPrefix }),
  'createClientPool, RESP 2': () => pool({ RESP: 2 }),
  'createClientPool, RESP 3': () => pool({ RESP: 3 }),
  'createClientPool, mapped to Buffers': () => pool({ commandOptions: { typeMapping: BUFFERS } }),
  'createCluster, RESP 2': () => clustered({ RESP: 2 }),
  'createCluster, RESP 3': () => clustered({ RESP: 3 }),
  'createCluster, reading from replicas': () => clustered({ useReplicas: true }),
  'createCluster, mapped to Buffers': () => clustered({ commandOptions: { typeMapping: BUFFERS } }),
  'createSentinel, RESP 2': () => watched({ RESP: 2 }),
  'createSentinel, RESP 3': () => watched({ RESP: 3 }),
  'createSentinel, reading from replicas': () => watched({ replicaPoolSize: 2 }),
  'createSentinel, mapped to Buffers': () => watched({ commandOptions: { typeMapping: BUFFERS } }),
};

test.each(Object.entries(KINDS))(
  '%s: every verb works',
  async (_name, connect) => {
    const { client, close } = await connect();
    const store = new RedisStore({ client, keyPrefix: redis.keyPrefix, ttlSeconds: 600 });
    const records = ['{"a":"ä💥"}', Uint8Array.of(0xff, 0, 0x7b), '{"b":2}', new Uint8Array(0)];
    // ids that spread over a cluster's nodes
    for (const id of ['a', 'b', 'c', '{d}', '}{', 'f'].map((start) => `${start}:${commitId()}`)) {
      expect(await store.read(id)).toEqual({ records: [], revision: NO_HISTORY });
      const operation = { id: 'op', fingerprint: 'print' };
      const change = { idempotencyKey: commitId(), append: records, ifRevision: NO_HISTORY, operation };
      const result = await store.commit(id, change);
      const { revision } = await store.read(id);
      expect(result).toEqual({ status: 'committed', revision });
      expect(await store.commit(id, change)).toEqual(result);
      expect((await store.read(id)).records).toEqual(records);
      expect((await store.read(id, { last: 3 })).records).toEqual(records.slice(-3));

      const again = { append: records, operation };
      expect(await store.commit(id, { idempotencyKey: commitId(), ...again })).toEqual({
        status: 'repeated',
        revision,
      });
      const other = { append: [], operation: { id: 'op', fingerprint: 'other' } };
      expect(await store.commit(id, { idempotencyKey: commitId(), ...other })).toEqual({
        status: 'operation-mismatch',
      });
      const outdated = { append: records, ifRevision: NO_HISTORY };
      expect(await store.commit(id, { idempotencyKey: commitId(), ...outdated })).toEqual({
        status: 'conflict',
      });

      await store.commit(id, {
        idempotencyKey: commitId(),
        append: ['{"c":3}'],
        drop: 2,
        ifRevision: revision,
      });
      expect((await store.read(id)).records).toEqual([...records.slice(0, 2), '{"c":3}']);
      await store.clear(id);
      expect(await store.read(id)).toEqual({ records: [], revision: NO_HISTORY });
    }
    await close();
  },
  30_000,
);

test('what one kind of client writes another reads, and both expire alike', async () => {
  const kinds = await Promise.all([plain({ RESP: 2 }), pool({ commandOptions: { typeMapping: BUFFERS } })]);
  const [left, right] = kinds.map(({ client }) => new RedisStore({ client, keyPrefix: redis.keyPrefix }));
  await left?.commit('shared', { idempotencyKey: commitId(), append: ['{"a":1}', Uint8Array.of(1)] });
  await right?.commit('shared', { idempotencyKey: commitId(), append: ['{"b":1}'] });
  const expected = { records: ['{"a":1}', Uint8Array.of(1), '{"b":1}'] };
  expect(await left?.read('shared')).toMatchObject(expected);
  expect(await right?.read('shared')).toMatchObject(expected);
  for (const { close } of kinds) await close();
});

test('a client that gives text for bytes, as createSentinel of redis 5 does, is refused by every read', async () => {
  const asText: NodeRedisClient = { withCommandOptions: () => redis.client.withCommandOptions({}) };
  const store = new RedisStore({ client: asText, keyPrefix: redis.keyPrefix });
  for (const last of [undefined, 1]) {
    await expect(store.read('text', { last })).rejects.toMatchObject({ code: 'STORE_MISCONFIGURED' });
  }
});

test('a cluster keeps both keys of a session in one slot', async () => {
  const client = await createCluster({ rootNodes: [...cluster.rootNodes] })
    .on('error', ignore)
    .connect();
  const store = new RedisStore({ client, keyPrefix: 'slots' });
  const node = await client.nodeClient(client.masters[0] as (typeof client.masters)[0]);
  for (const [id, tag] of [
    ['a', 'a'],
    ['{a}', '%7Ba%7D'],
    ['}{', '%7D%7B'],
    ['{}', '%7B%7D'],
    ['a{b}c', 'a%7Bb%7Dc'],
  ] as const) {
    await store.commit(id, { idempotencyKey: commitId(), append: ['{}'] });
    const keys = ['items', 'meta'].map((end) => `slots:{${tag}}:${end}`);
    expect(await Promise.all(keys.map((key) => client.exists(key)))).toEqual([1, 1]);
    expect(await node.clusterKeySlot(keys[0] ?? '')).toBe(await node.clusterKeySlot(keys[1] ?? ''));
  }
  await client.close();
});

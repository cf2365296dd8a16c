import {
  startRedisCluster,
  startSentinel,
  type RedisCluster,
  type SentinelGroup,
} from '@agent-sessions/engines';
import { NO_HISTORY } from '@agent-sessions/session-core/store';
import { createCluster } from 'redis';
import { RedisStore, type NodeRedisClient } from '../src';
import {
  CLUSTERED,
  CLUSTERED_VARIANTS,
  PLAIN,
  PLAIN_VARIANTS,
  POOLS,
  WATCHED,
  WATCHED_VARIANTS,
  type TestClient,
} from './support/clientKinds';
import { commitId, TestRedis } from './support/redis';

const redis = new TestRedis();
const port = Number(new URL(process.env.REDIS_URL ?? '').port);
const ignore = (): void => undefined;
let cluster: RedisCluster;
let sentinel: SentinelGroup;

beforeAll(async () => {
  await redis.connect();
  [cluster, sentinel] = await Promise.all([startRedisCluster(), startSentinel()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([redis.close(), cluster.stop(), sentinel.stop()]);
});

const KINDS: Record<string, () => TestClient> = Object.fromEntries([
  ...Object.entries({ ...PLAIN, ...PLAIN_VARIANTS, ...POOLS }).map(
    ([name, kind]) => [name, () => kind({ port })] as const,
  ),
  ...Object.entries({ ...CLUSTERED, ...CLUSTERED_VARIANTS }).map(
    ([name, kind]) => [name, () => kind(cluster)] as const,
  ),
  ...Object.entries({ ...WATCHED, ...WATCHED_VARIANTS }).map(
    ([name, kind]) => [name, () => kind(sentinel)] as const,
  ),
]);

test.each(Object.entries(KINDS))(
  '%s: every verb works',
  async (_name, open) => {
    const { client, connect, close } = open();
    await connect();
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

test('what one kind of client writes every other reads', async () => {
  const kinds = [...Object.values(PLAIN), ...Object.values(POOLS)].map((kind) => kind({ port }));
  await Promise.all(kinds.map(({ connect }) => connect()));
  const stores = kinds.map(({ client }) => new RedisStore({ client, keyPrefix: redis.keyPrefix }));
  const expected: (string | Uint8Array)[] = [];
  for (const [index, store] of stores.entries()) {
    const append = [`{"n":${index}}`, Uint8Array.of(0xff, index)];
    await store.commit('shared', { idempotencyKey: commitId(), append });
    expected.push(...append);
  }
  const read = await Promise.all(stores.map((store) => store.read('shared')));
  expect(read[0]?.records).toEqual(expected);
  for (const each of read) expect(each).toEqual(read[0]);
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

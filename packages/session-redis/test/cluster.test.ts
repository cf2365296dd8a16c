import {
  redisCommand,
  startRedisCluster,
  until,
  type ClusterNode,
  type RedisCluster,
  type Reply,
} from '@agent-sessions/engines';
import { NO_HISTORY } from '@agent-sessions/session-core/store';
import { createCluster } from 'redis';
import { RedisSession, RedisStore, type RedisSessionClient, type RedisStoreOptions } from '../src';
import { sessionKeys } from '../src/layout/keys';
import { CLEAR } from '../src/scripts/clear';
import { COMMIT } from '../src/scripts/commit';
import { READ } from '../src/scripts/read';
import {
  CLUSTERED,
  CLUSTERED_VARIANTS,
  type ClusterAddress,
  type Kind,
  type TestClient,
} from './support/clientKinds';
import { describeConformance } from './support/conformance';
import { commitId } from './support/redis';
import { Writer } from './support/writer';

const keyPrefix = 'cluster-test';
const SLOTS = 16_384;

let cluster: RedisCluster;
let client: Awaited<ReturnType<typeof connect>>;

async function connect({ rootNodes }: RedisCluster = cluster) {
  return createCluster({ rootNodes: [...rootNodes] })
    .on('error', () => undefined)
    .connect();
}

const KINDS = Object.entries<Kind<ClusterAddress>>({ ...CLUSTERED, ...CLUSTERED_VARIANTS }).filter(
  ([name]) => name in CLUSTERED || name === 'Cluster of ioredis 6, automatic pipelines',
);
/** createCluster of redis 5 goes on waiting for a master that is gone, in its own commands too. */
const RECOVERING = Object.entries<Kind<ClusterAddress>>(CLUSTERED).filter(
  ([name]) => !name.endsWith('redis 5'),
);
const opened: TestClient[] = [];

async function openClient(
  kind: Kind<ClusterAddress>,
  address: ClusterAddress = cluster,
): Promise<RedisSessionClient> {
  const one = kind(address);
  opened.push(one);
  await one.connect();
  return one.client;
}

beforeAll(async () => {
  cluster = await startRedisCluster();
  client = await connect();
}, 120_000);
afterAll(async () => {
  client.destroy();
  for (const { destroy } of opened) await destroy();
  await cluster.stop();
});

const store = (options: Partial<RedisStoreOptions> = {}): RedisStore =>
  new RedisStore({ client, keyPrefix, ...options });

function master(index: number): ClusterNode {
  const node = cluster.masters[index];
  if (node === undefined) throw new Error(`there is no master ${index}`);
  return node;
}

async function slotOf(key: string): Promise<number> {
  return Number(await redisCommand(master(0), 'CLUSTER', 'KEYSLOT', key));
}

/** An id that no other test has, of a session whose keys are on this master. */
async function idOn({ slots }: ClusterNode, name: string): Promise<string> {
  const [first, last] = slots ?? [0, SLOTS];
  for (let count = 0; ; count++) {
    const id = `${name}-${count}`;
    const slot = await slotOf(sessionKeys(keyPrefix, id)[0]);
    if (slot >= first && slot <= last) return id;
  }
}

/** The same, in a slot that no other test has left a key in: what moves a slot with keys of others is refused. */
async function idInEmptySlotOn(node: ClusterNode, name: string): Promise<string> {
  for (let count = 0; ; count++) {
    const id = await idOn(node, `${name}, ${count}`);
    const slot = await slotOf(sessionKeys(keyPrefix, id)[0]);
    if ((await redisCommand(node, 'CLUSTER', 'COUNTKEYSINSLOT', `${slot}`)) === 0) return id;
  }
}

/** How many commands of any client a server has refused with this error. */
async function refusals(node: ClusterNode, error: string): Promise<number> {
  const stats = (await redisCommand(node, 'INFO', 'errorstats')) as string;
  return Number(new RegExp(`errorstat_${error}:count=(\\d+)`).exec(stats)?.[1] ?? 0);
}

describeConformance('RedisStore on createCluster', {
  keyPrefix,
  inspector: () => client,
  store: (options) => store(options),
});

describeConformance('RedisStore on createCluster, waiting for a replica', {
  keyPrefix: `${keyPrefix}-replicas`,
  inspector: () => client,
  store: (options) => store({ ...options, keyPrefix: `${keyPrefix}-replicas`, waitForReplicas: 1 }),
});

describe('on ioredis', () => {
  let ofIORedis: RedisSessionClient;
  beforeAll(async () => {
    ofIORedis = await openClient(CLUSTERED['Cluster of ioredis 6']);
  });
  const prefix = `${keyPrefix}-ioredis`;
  describeConformance('RedisStore on Cluster of ioredis 6, waiting for a replica', {
    keyPrefix: prefix,
    inspector: () => client,
    store: (options) => store({ ...options, client: ofIORedis, keyPrefix: prefix, waitForReplicas: 1 }),
  });
});

const AWKWARD = [
  ...['{', '}', '{}', '}{', '{a}', 'a{b}c', '{}a', '{a', 'a}', '{{a}}', '{a}{b}', '%7B', '%', '%%7D'],
  ...[' ', '\n', '\r\n', '\0', '"', "'", '\\', '*', '?', '[a]', ':', '::items', 'ä💥', '\u2028'],
  ...['x'.repeat(2_048), '{'.repeat(2_048), '💥'.repeat(512)],
];

test('both keys of a session are in one slot, and no two ids share a key', async () => {
  const seen = new Set<string>();
  for (const id of AWKWARD) {
    const keys = sessionKeys(keyPrefix, id);
    expect(await slotOf(keys[0])).toBe(await slotOf(keys[1]));
    for (const key of keys) seen.add(key);

    const session = new RedisSession({ client, keyPrefix, sessionId: id });
    const items = [{ role: 'user' as const, content: id }];
    await session.addItems(items);
    expect(await session.getItems()).toEqual(items);
    expect(await client.exists(keys[0])).toBe(1);
    expect(await client.exists(keys[1])).toBe(1);
  }
  expect(seen.size).toBe(2 * AWKWARD.length);
  for (const id of AWKWARD) {
    const session = new RedisSession({ client, keyPrefix, sessionId: id });
    expect(await session.getItems()).toEqual([{ role: 'user', content: id }]);
  }
}, 30_000);

// Where a client sends a script that is not in the cache to any node of the cluster, as node-redis once did
// (https://github.com/redis/node-redis/issues/2811), the other nodes answer MOVED, or the script is loaded on the wrong one.
test.each(KINDS)(
  '%s: each master learns the scripts it needs, again after SCRIPT FLUSH on every node',
  async (name, kind) => {
    const client = await openClient(kind);
    const store = (): RedisStore => new RedisStore({ client, keyPrefix });
    const nodes = [...cluster.masters, ...cluster.replicas];
    const scripts = [COMMIT, READ, CLEAR];
    const known = async (node: ClusterNode): Promise<Reply> =>
      redisCommand(node, 'SCRIPT', 'EXISTS', ...scripts.map(({ sha1 }) => sha1));

    for (const node of cluster.masters) {
      const id = await idOn(node, `flushed, ${name}`);
      await store().commit(id, { idempotencyKey: commitId(), append: ['{"a":1}', '{"b":1}'] });
      for (const each of nodes) await redisCommand(each, 'SCRIPT', 'FLUSH');
      const moved = await Promise.all(cluster.masters.map((each) => refusals(each, 'MOVED')));

      expect((await store().read(id)).records).toEqual(['{"a":1}', '{"b":1}']);
      await store().commit(id, { idempotencyKey: commitId(), append: ['{"c":1}'], drop: 1 });
      expect((await store().read(id, { last: 1 })).records).toEqual(['{"c":1}']);
      await store().clear(id);
      expect((await store().read(id)).records).toEqual([]);

      for (const each of cluster.masters)
        expect(await known(each)).toEqual(scripts.map(() => +(each === node)));
      expect(await Promise.all(cluster.masters.map((each) => refusals(each, 'MOVED')))).toEqual(moved);
    }
  },
);

test.each(KINDS)(
  '%s: a slot that moves to another master under two writers and a reader: nothing lost, nothing doubled',
  async (name, kind) => {
    const client = await openClient(kind);
    const store = (options: Partial<RedisStoreOptions> = {}): RedisStore =>
      new RedisStore({ client, keyPrefix, ...options });
    const [source, target] = [master(0), master(1)];
    const id = await idInEmptySlotOn(source, `moving, ${name}`);
    const keys = sessionKeys(keyPrefix, id);
    const slot = `${await slotOf(keys[0])}`;
    const other = await openClient(kind);
    await store().commit(id, { idempotencyKey: commitId(), append: ['{"n":"first"}'] });
    const writers = [
      new Writer(store({ timeoutMs: 60_000 }), id, 'a'),
      new Writer(store({ client: other, timeoutMs: 60_000, waitForReplicas: 1 }), id, 'b'),
    ];
    const goOn = async (): Promise<void> => {
      const goals = writers.map((writer) => writer.progress(5));
      await until('both writers go on', async () =>
        (await Promise.all(goals.map((reached) => reached()))).every(Boolean),
      );
      expect((await store({ timeoutMs: 60_000 }).read(id)).records[0]).toBe('{"n":"first"}');
    };
    const migrate = async (from: ClusterNode, to: ClusterNode, ...moving: string[]): Promise<void> => {
      await redisCommand(from, 'MIGRATE', to.host, `${to.port}`, '', '0', '5000', 'KEYS', ...moving);
    };
    const assign = async (owner: ClusterNode, ...rest: ClusterNode[]): Promise<void> => {
      for (const node of [owner, ...rest]) {
        await redisCommand(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', owner.id);
      }
    };
    const open = async (from: ClusterNode, to: ClusterNode): Promise<void> => {
      await redisCommand(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
      await redisCommand(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
    };
    await goOn();

    // There: in steps, each of which the clients meet.
    const before = {
      tryAgain: await refusals(source, 'TRYAGAIN'),
      ask: await refusals(source, 'ASK'),
      moved: await refusals(source, 'MOVED'),
    };
    await open(source, target);
    await goOn();
    await migrate(source, target, keys[0]);
    await until(
      'the clients meet a session of which one key has moved',
      async () => (await refusals(source, 'TRYAGAIN')) > before.tryAgain,
    );
    await migrate(source, target, keys[1]);
    await goOn();
    expect(await refusals(source, 'ASK')).toBeGreaterThan(before.ask);
    await redisCommand(target, 'SCRIPT', 'FLUSH');
    await goOn();
    await assign(target, source, master(2));
    await goOn();
    expect(await refusals(source, 'MOVED')).toBeGreaterThan(before.moved);

    // And back: at once.
    await open(target, source);
    await migrate(target, source, ...keys);
    await assign(source, target, master(2));
    await goOn();

    await Promise.all(writers.map((writer) => writer.stop()));
    const { records } = await store().read(id);
    for (const writer of writers) {
      expect(writer.uncertain).toEqual([]);
      expect(writer.among(records)).toEqual(writer.acknowledged);
    }
    const expected = writers.reduce((sum, writer) => sum + writer.acknowledged.length, 1);
    expect(records.length).toBe(expected);
  },
);

test.each(KINDS)(
  '%s: a session that is new in a slot that is moving waits until it has moved',
  async (name, kind) => {
    const client = await openClient(kind);
    const store = (options: Partial<RedisStoreOptions> = {}): RedisStore =>
      new RedisStore({ client, keyPrefix, ...options });
    const [source, target] = [master(0), master(1)];
    const id = await idInEmptySlotOn(source, `born, ${name}`);
    const slot = `${await slotOf(sessionKeys(keyPrefix, id)[0])}`;
    await redisCommand(target, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id);
    await redisCommand(source, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id);
    await expect(
      store({ timeoutMs: 300 }).commit(id, { idempotencyKey: commitId(), append: ['{"a":1}'] }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^(STORE_UNAVAILABLE|TIMEOUT)$/) as string });

    const before = await refusals(target, 'TRYAGAIN');
    const waiting = store({ timeoutMs: 60_000 }).commit(id, {
      idempotencyKey: commitId(),
      append: ['{"b":1}'],
    });
    await until('it is told to wait', async () => (await refusals(target, 'TRYAGAIN')) > before);
    for (const node of [target, source, master(2)]) {
      await redisCommand(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', target.id);
    }
    expect((await waiting).status).toBe('committed');
    expect((await store().read(id)).records).toEqual(['{"b":1}']);
  },
);

test.each(['Cluster of ioredis 6', 'Cluster of ioredis 5'] as const)(
  '%s: what the client itself tries again lands only while its call lasts',
  async (name) => {
    const client = await openClient(CLUSTERED[name]);
    const [source, target] = [master(0), master(1)];
    const id = await idInEmptySlotOn(source, `given up, ${name}`);
    const items = sessionKeys(keyPrefix, id)[0];
    const slot = `${await slotOf(items)}`;
    await store().clear(await idOn(target, 'learned'));
    await store().commit(await idOn(target, 'learned'), { idempotencyKey: commitId(), append: ['{}'] });
    await redisCommand(target, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id);
    await redisCommand(source, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id);
    const impatient = new RedisStore({ client, keyPrefix, timeoutMs: 50 });
    await expect(
      impatient.commit(id, { idempotencyKey: commitId(), append: ['{"a":1}'] }),
    ).rejects.toMatchObject({ code: 'TIMEOUT' });
    const before = await refusals(target, 'GIVENUP');
    for (const node of [target, source, master(2)]) {
      await redisCommand(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', target.id);
    }
    await until(
      'it has come once more',
      async () =>
        (await refusals(target, 'GIVENUP')) > before || (await redisCommand(target, 'EXISTS', items)) === 1,
    );
    expect(await redisCommand(target, 'EXISTS', items)).toBe(0);
  },
  60_000,
);

test('in a slot that is moving, a change that empties a key on its way is whole', async () => {
  const [source, target] = [master(0), master(1)];
  const id = await idInEmptySlotOn(source, 'emptied');
  const keys = sessionKeys(keyPrefix, id);
  const slot = `${await slotOf(keys[0])}`;
  const eager = store({ timeoutMs: 300, ttlSeconds: 600 });
  await eager.commit(id, { idempotencyKey: commitId(), append: ['{"a":1}', '{"b":1}'] });
  await redisCommand(target, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id);
  await redisCommand(source, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id);
  for (const drop of ['all', 2, 1] as const) {
    await eager.commit(id, { idempotencyKey: commitId(), append: ['{"c":1}', '{"d":1}'], drop });
    const expected = drop === 1 ? ['{"c":1}', '{"c":1}', '{"d":1}'] : ['{"c":1}', '{"d":1}'];
    expect((await eager.read(id)).records).toEqual(expected);
    const [ofItems, ofMeta] = await Promise.all(keys.map((key) => redisCommand(source, 'PEXPIRETIME', key)));
    expect(ofItems).toBe(ofMeta);
  }
  await eager.clear(id);
  expect(await redisCommand(source, 'EXISTS', keys[1])).toBe(1);
  for (const node of [source, target]) await redisCommand(node, 'CLUSTER', 'SETSLOT', slot, 'STABLE');
  expect(await store().read(id)).toEqual({ records: [], revision: NO_HISTORY });
});

test('in a slot that is moving, a clear of a session without ids of commits is whole', async () => {
  const [source, target] = [master(0), master(1)];
  const id = await idInEmptySlotOn(source, 'without ids');
  const keys = sessionKeys(keyPrefix, id);
  const slot = `${await slotOf(keys[0])}`;
  const eager = store({ timeoutMs: 300 });
  await eager.commit(id, { idempotencyKey: commitId(), append: ['{"a":1}'] });
  // The hash is evicted; a conflict names what is left, and knows no commit.
  await redisCommand(source, 'DEL', keys[1]);
  const ifRevision = (await eager.read(id)).revision;
  const conditional = { idempotencyKey: commitId(), append: ['{"b":1}'], ifRevision };
  expect(await eager.commit(id, conditional)).toEqual({ status: 'conflict' });
  await redisCommand(target, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.id);
  await redisCommand(source, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.id);
  await eager.clear(id);
  expect(await redisCommand(source, 'EXISTS', keys[1])).toBe(1);
  for (const node of [source, target]) await redisCommand(node, 'CLUSTER', 'SETSLOT', slot, 'STABLE');
  expect(await store().read(id)).toEqual({ records: [], revision: NO_HISTORY });
});

// On a cluster of its own, beside the other tests: it leaves it with a node less, and most of its time goes to waiting.
test.concurrent.each(RECOVERING)(
  '%s: a master that is killed: what its replica had is there, and the session goes on, with nothing doubled',
  async (_name, kind) => {
    const losing = await startRedisCluster();
    const client = await openClient(kind, losing);
    const store = (options: Partial<RedisStoreOptions> = {}): RedisStore =>
      new RedisStore({ client, keyPrefix, ...options });
    const [kept, lost] = losing.masters.slice(1) as [ClusterNode, ClusterNode];
    const heir = losing.replicas[2] as ClusterNode;
    const id = await idOn(lost, 'failing over');
    const elsewhere = await idOn(kept, 'not failing over');
    const confirmed = await idOn(lost, 'confirmed');
    const careful = new Writer(store({ timeoutMs: 15_000, waitForReplicas: 1 }), confirmed, 'c');
    const writer = new Writer(store({ timeoutMs: 60_000 }), id, 'a');
    await until('it writes', writer.progress(20));
    const before = [...writer.acknowledged];
    const [, written] = (await redisCommand(lost, 'ROLE')) as Reply[];
    await until('the replica has what was written by then', async () => {
      const [, , , , received] = (await redisCommand(heir, 'ROLE')) as Reply[];
      return Number(received) >= Number(written);
    });

    await until('the careful one writes', careful.progress(20));

    process.kill(lost.pid ?? 0, 'SIGKILL');
    await until('the writer goes on', writer.progress(20), 60_000);
    const after = writer.acknowledged.slice(-10);
    await writer.stop();
    expect(((await redisCommand(heir, 'ROLE')) as Reply[])[0]).toBe('master');

    const { records } = await store().read(id);
    expect(new Set(records).size).toBe(records.length);
    const all = new Set(records);
    expect(before.filter((record) => !all.has(record))).toEqual([]);
    expect(after.filter((record) => !all.has(record))).toEqual([]);
    const inOrder = [...writer.acknowledged].filter((record) => all.has(record));
    expect(records.filter((record) => !writer.uncertain.includes(record as string))).toEqual(inOrder);

    // There is no replica any more, so the last of its writes was not confirmed.
    await careful.stop();
    const afterwards = (await store().read(confirmed)).records;
    expect(careful.uncertain).toHaveLength(1);
    expect(careful.among(afterwards).slice(0, careful.acknowledged.length)).toEqual(careful.acknowledged);

    await store().commit(elsewhere, { idempotencyKey: commitId(), append: ['{"a":1}'] });
    expect((await store().read(elsewhere)).records).toEqual(['{"a":1}']);
    await losing.stop();
  },
  240_000,
);

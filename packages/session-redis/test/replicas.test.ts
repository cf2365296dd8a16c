import {
  redisCommand,
  startFaultProxy,
  startRedis,
  until,
  type FaultProxy,
  type RedisEngine,
} from '@agent-sessions/engines';
import { createClient } from 'redis';
import { RedisStore, type NodeRedisClient, type RedisSessionClient, type RedisStoreOptions } from '../src';
import { REPLICAS } from '../src/scripts/replicas';
import { PLAIN, PLAIN_VARIANTS, POOLS, type Address, type Kind } from './support/clientKinds';
import { describeConformance } from './support/conformance';
import { LEAST_RIGHTS, REPLICA_RIGHTS } from './support/leastRights';
import { commitId } from './support/redis';

const keyPrefix = 'replicas-test';
const ignore = (): void => undefined;

let master: RedisEngine;
let replica: RedisEngine;
let proxy: FaultProxy;
const url = () => `redis://127.0.0.1:${proxy.port}`;
const opened: { destroy(): unknown }[] = [];

const isPaused = { now: false };
/** While it is stopped, the master still takes it for its replica, until `repl-timeout`. */
function pauseReplica(): void {
  process.kill(replica.pid ?? 0, 'SIGSTOP');
  isPaused.now = true;
}
function resumeReplica(): void {
  if (isPaused.now) process.kill(replica.pid ?? 0, 'SIGCONT');
  isPaused.now = false;
}

async function follow(replica: RedisEngine, { host, port }: { host: string; port: number }): Promise<void> {
  await redisCommand(replica, 'REPLICAOF', host, `${port}`);
  await until('the replica is in step', async () =>
    ((await redisCommand(replica, 'INFO', 'replication')) as string).includes('master_link_status:up'),
  );
}

beforeAll(async () => {
  const args = ['--repl-diskless-sync-delay', '0'];
  [master, replica] = await Promise.all([startRedis({ args }), startRedis({ args })]);
  await follow(replica, master);
  proxy = await startFaultProxy(master);
});
afterEach(() => {
  resumeReplica();
  proxy.plan = () => undefined;
});
afterAll(async () => {
  for (const client of opened) client.destroy();
  await proxy.stop();
  await Promise.all([master.stop(), replica.stop()]);
});

const KINDS: Record<string, Kind<Address>> = Object.fromEntries(
  Object.entries({ ...PLAIN, ...POOLS, ...PLAIN_VARIANTS }).filter(
    ([name]) =>
      name in PLAIN || /^pool of redis .$|^redis 6, (RESP 2|mapped to Buffers)|pipelines/.test(name),
  ),
);

async function openAny(name: string): Promise<RedisSessionClient> {
  const kind = KINDS[name]?.({ port: proxy.port });
  if (kind === undefined) throw new Error(`there is no ${name}`);
  await kind.connect();
  opened.push(kind);
  return kind.client;
}

async function open(): Promise<NodeRedisClient> {
  const client = createClient({ url: url(), socket: { reconnectStrategy: 1 } }).on('error', ignore);
  opened.push(await client.connect());
  return client;
}

const storeOf = (client: RedisSessionClient, options: Partial<RedisStoreOptions> = {}): RedisStore =>
  new RedisStore({ client, keyPrefix, waitForReplicas: 1, ...options });
const append = ['{"a":1}'];
const isScript = (request: Buffer): boolean => /evalsha/i.test(request.toString('latin1'));
const UNCONFIRMED = {
  code: 'STORE_UNAVAILABLE',
  message: expect.stringContaining('written, but not confirmed by 1 replicas') as string,
};
/** What a server has of a session: its list, without the times. */
async function recordsOn(server: RedisEngine, id: string): Promise<string[]> {
  const elements = await redisCommand(server, 'LRANGE', `${keyPrefix}:{${id}}:items`, '0', '-1');
  return (elements as string[]).map((element) => element.replace(/\t\d{13}$/, ''));
}
const onReplica = (id: string): Promise<string[]> => recordsOn(replica, id);

describe('the kit, with waitForReplicas: 1', () => {
  let client: ReturnType<typeof connect>;
  const connect = () => createClient({ url: master.url }).on('error', ignore);
  beforeAll(async () => {
    client = connect();
    await client.connect();
    opened.push(client);
  });
  describeConformance('RedisStore', {
    keyPrefix,
    inspector: () => client,
    store: (options) => storeOf(client, options),
  });
});

describe.each(Object.keys(KINDS))('%s', (kind) => {
  test('what is acknowledged is on the replica', async () => {
    const store = storeOf(await openAny(kind));
    for (let count = 1; count <= 20; count++) {
      await store.commit(kind, { idempotencyKey: commitId(), append });
      expect(await onReplica(kind)).toHaveLength(count);
    }
    await store.commit(kind, { idempotencyKey: commitId(), append: [], drop: 15 });
    expect(await onReplica(kind)).toHaveLength(5);
    await store.clear(kind);
    expect(await onReplica(kind)).toEqual([]);
  });

  test('a replica that stands still confirms nothing; once it goes on, what waited is acknowledged', async () => {
    const id = `${kind}, paused`;
    const client = await openAny(kind);
    const impatient = storeOf(client, { timeoutMs: 300 });
    const operation = { id: 'operation', fingerprint: 'print' };
    const transaction = { append, operation };
    await impatient.commit(id, { idempotencyKey: commitId(), append });
    const { revision } = await impatient.read(id);

    pauseReplica();
    await expect(impatient.commit(id, { idempotencyKey: commitId(), ...transaction })).rejects.toMatchObject(
      UNCONFIRMED,
    );
    expect((await impatient.read(id)).records).toEqual([...append, ...append]);
    // A transaction that is there already is one more time unconfirmed.
    await expect(impatient.commit(id, { idempotencyKey: commitId(), ...transaction })).rejects.toMatchObject(
      UNCONFIRMED,
    );
    // What changes nothing has nothing to confirm.
    const outdated = { idempotencyKey: commitId(), append, ifRevision: revision };
    expect(await impatient.commit(id, outdated)).toEqual({ status: 'conflict' });
    const other = {
      idempotencyKey: commitId(),
      append,
      operation: { id: 'operation', fingerprint: 'other' },
    };
    expect(await impatient.commit(id, other)).toEqual({ status: 'operation-mismatch' });

    const patient = storeOf(client, { timeoutMs: 30_000 });
    const waiting = [
      patient.commit(id, { idempotencyKey: commitId(), ...transaction }),
      patient
        .commit(`${id}, cleared`, { idempotencyKey: commitId(), append })
        .then(() => patient.clear(`${id}, cleared`)),
    ] as const;
    resumeReplica();
    expect(await waiting[0]).toMatchObject({ status: 'repeated' });
    await waiting[1];
    expect(await onReplica(id)).toHaveLength(2);
    expect(await onReplica(`${id}, cleared`)).toEqual([]);
  });

  test('an answer that is lost, and the try again on a new connection: still unconfirmed', async () => {
    const id = `${kind}, lost answer`;
    const store = storeOf(await openAny(kind), { timeoutMs: 500 });
    pauseReplica();
    let lost = 0;
    proxy.plan = (request) => (isScript(request) && lost++ === 0 ? 'swallow' : undefined);
    const change = { idempotencyKey: commitId(), append };
    await expect(store.commit(id, change)).rejects.toMatchObject(UNCONFIRMED);
    expect(lost).toBeGreaterThan(1);
    await expect(store.commit(id, change)).rejects.toMatchObject(UNCONFIRMED);
    lost = 0;
    await expect(store.clear(id)).rejects.toMatchObject(UNCONFIRMED);
    expect(lost).toBeGreaterThan(1);
    resumeReplica();
    await expect(store.commit(id, change)).resolves.toMatchObject({ status: 'committed' });
    await store.clear(id);
    expect(await onReplica(id)).toEqual([]);
  });
});

test('a confirmation whose answer is lost is asked for again', async () => {
  const store = storeOf(await open());
  await store.commit('asked again', { idempotencyKey: commitId(), append });
  let lost = 0;
  proxy.plan = (request) => (request.includes('WAIT') && lost++ < 3 ? 'swallow' : undefined);
  expect(await store.commit('asked again', { idempotencyKey: commitId(), append })).toMatchObject({
    status: 'committed',
  });
  expect(lost).toBe(4);
  expect(await onReplica('asked again')).toHaveLength(2);
});

test('more replicas than there are confirm nothing; without the option nobody asks them', async () => {
  const client = await open();
  await expect(
    storeOf(client, { waitForReplicas: 2, timeoutMs: 200 }).commit('two', {
      idempotencyKey: commitId(),
      append,
    }),
  ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  pauseReplica();
  const store = storeOf(client, { waitForReplicas: undefined });
  expect(await store.commit('none', { idempotencyKey: commitId(), append })).toMatchObject({
    status: 'committed',
  });
});

test('a write that waits is two round trips, and one without the option', async () => {
  const client = await open();
  for (const [waitForReplicas, expected] of [
    [1, 2],
    [undefined, 1],
  ]) {
    const store = storeOf(client, { waitForReplicas });
    const verbs = [
      () => store.commit('counted', { idempotencyKey: commitId(), append }),
      () => store.clear('counted'),
    ];
    for (const verb of verbs) await verb();
    for (const verb of verbs) {
      const before = proxy.counts.get('pass') ?? 0;
      await verb();
      expect((proxy.counts.get('pass') ?? 0) - before).toBe(expected);
    }
  }
});

// `WAIT` asks the replicas only on behalf of a connection that has written. Otherwise they report once a second.
test('the question writes, so that the replicas are asked, whichever connection it is put on', async () => {
  const client = await open();
  const store = storeOf(client);
  await store.commit('written', { idempotencyKey: commitId(), append });
  const hash = await redisCommand(master, 'HGETALL', `${keyPrefix}:{written}:meta`);
  await redisCommand(master, 'CONFIG', 'RESETSTAT');
  const question = { keys: [`${keyPrefix}:{written}:meta`], arguments: ['1'] };
  await client.withCommandOptions({ typeMapping: { 36: Buffer }, timeout: 0 }).eval(REPLICAS.lua, question);
  const stats = await redisCommand(master, 'INFO', 'commandstats');
  expect(stats).toMatch(/^cmdstat_hset:calls=1,.*failed_calls=0/m);
  expect(await redisCommand(master, 'HGETALL', `${keyPrefix}:{written}:meta`)).toEqual(hash);
});

/** A client whose commands each go to the next of these servers, and at last to the last. */
function moving(...stations: NodeRedisClient[]): NodeRedisClient {
  return {
    withCommandOptions: (options) => {
      const next = (stations.length > 1 ? stations.shift() : stations[0]) as NodeRedisClient;
      return next.withCommandOptions(options);
    },
  };
}

test('a failover between a write and its confirmation: it is written on the new master, once', async () => {
  const old = await startRedis({});
  const lost = createClient({ url: old.url }).on('error', ignore);
  opened.push(await lost.connect());
  const client = await open();
  const store = storeOf(moving(lost, client));
  const { revision } = (await store.commit('moved', { idempotencyKey: commitId(), append })) as {
    revision: string;
  };
  expect(await storeOf(client).read('moved')).toEqual({ records: append, revision });
  expect(await onReplica('moved')).toEqual(append);
  await old.stop();
});

test('what a replica knows of a write confirms nothing: its master is asked', async () => {
  const client = await open();
  const stale = createClient({ url: replica.url }).on('error', ignore);
  opened.push(await stale.connect());
  const change = { idempotencyKey: commitId(), append };
  await storeOf(client).commit('known', change);
  const asked = storeOf(stale, { timeoutMs: 200 });
  await expect(asked.commit('known', change)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('READONLY') as string,
  });
  expect((await storeOf(moving(stale, stale, client)).commit('known', change)).status).toBe('committed');
});

describe('of a user', () => {
  const user = async (...rights: string[]) => {
    await redisCommand(master, 'ACL', 'SETUSER', 'chat', 'reset', ...LEAST_RIGHTS, ...rights, '>pw');
    const client = createClient({ url: master.url, username: 'chat', password: 'pw' }).on('error', ignore);
    opened.push(await client.connect());
    return new RedisStore({ client, waitForReplicas: 1 });
  };

  test('with the rights of the README it works', async () => {
    const store = await user(...REPLICA_RIGHTS);
    expect((await store.commit('granted', { idempotencyKey: commitId(), append })).status).toBe('committed');
    await store.clear('granted');
  });

  test.each(REPLICA_RIGHTS)('without %s nothing changes: ACCESS_DENIED', async (missing) => {
    const store = await user(...REPLICA_RIGHTS.filter((right) => right !== missing));
    const before = await redisCommand(master, 'DBSIZE');
    await expect(store.commit('denied', { idempotencyKey: commitId(), append })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
    });
    await expect(store.clear('denied')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    expect(await redisCommand(master, 'DBSIZE')).toBe(before);
  });
});

test('a read asks no replica', async () => {
  const store = storeOf(await open(), { timeoutMs: 2_000 });
  pauseReplica();
  expect((await store.read('never written')).records).toEqual([]);
  expect((await store.read('never written', { last: 1 })).records).toEqual([]);
});

test.each([[0], [-1], [1.5], ['1'], [null], [NaN], [2 ** 53]])('waitForReplicas: %j is refused', (count) => {
  const client = createClient();
  expect(() => new RedisStore({ client, waitForReplicas: count as number })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
  );
});

describe('a master that is lost right after its answer', () => {
  let current: RedisEngine;
  let next: RedisEngine;
  let link: FaultProxy;
  beforeEach(async () => {
    const args = ['--repl-diskless-sync-delay', '0'];
    [current, next] = await Promise.all([startRedis({ args }), startRedis({ args })]);
    link = await startFaultProxy(current);
    await follow(next, link);
  });
  afterEach(() => Promise.all([current.stop(), next.stop()]));

  /** Writes, once more when the replica has lost its link, and kills the master. */
  async function acknowledgedBeforeTheKill(waitForReplicas: number | undefined): Promise<string[]> {
    const client = createClient({ url: current.url, socket: { reconnectStrategy: false } }).on(
      'error',
      ignore,
    );
    await client.connect();
    const acknowledged: string[] = [];
    const write = async (record: string, timeoutMs = 30_000): Promise<void> => {
      const store = storeOf(client, { waitForReplicas, timeoutMs });
      await store.commit('s', { idempotencyKey: commitId(), append: [record] });
      acknowledged.push(record);
    };
    for (let count = 0; count < 20; count++) await write(`{"n":${count}}`);
    await link.stop();
    await write('{"late":1}', 300).catch(ignore);
    process.kill(current.pid ?? 0, 'SIGKILL');
    client.destroy();
    await redisCommand(next, 'REPLICAOF', 'NO', 'ONE');
    return acknowledged;
  }
  const survivors = (): Promise<string[]> => recordsOn(next, 's');

  test('with waitForReplicas nothing that was acknowledged is lost', async () => {
    const acknowledged = await acknowledgedBeforeTheKill(1);
    expect(acknowledged).toHaveLength(20);
    expect(await survivors()).toEqual(expect.arrayContaining(acknowledged));
  });

  test('without it the late one is acknowledged, and lost', async () => {
    const acknowledged = await acknowledgedBeforeTheKill(undefined);
    expect(acknowledged).toContain('{"late":1}');
    expect(await survivors()).not.toContain('{"late":1}');
  });
});

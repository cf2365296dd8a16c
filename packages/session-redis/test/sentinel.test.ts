import {
  redisCommand,
  startRedis,
  startSentinel,
  until,
  type RedisEngine,
  type Reply,
  type SentinelGroup,
} from '@agent-sessions/engines';
import { createClient } from 'redis';
import { RedisSession, RedisStore, type RedisSessionClient, type RedisStoreOptions } from '../src';
import { sessionKeys } from '../src/layout/keys';
import { WATCHED, type Kind, type TestClient } from './support/clientKinds';
import { describeConformance } from './support/conformance';
import { commitId } from './support/redis';
import { Writer } from './support/writer';

const keyPrefix = 'sentinel-test';

const message = (content: string) => ({ role: 'user' as const, content });

const connectTo = (url: string) =>
  createClient({ url })
    .on('error', () => undefined)
    .connect();

type WatchedKind = Kind<Pick<SentinelGroup, 'name' | 'rootNodes'>>;

const REDIS_6 = 'createSentinel of redis 6';
const IOREDIS_6 = 'ioredis 6 with sentinels';
/** Where a test takes long, or is about the server. */
const MAJOR = { [REDIS_6]: WATCHED[REDIS_6], [IOREDIS_6]: WATCHED[IOREDIS_6] };

/** A group of servers that sentinels watch, and a client of it. */
class Watched {
  /** Servers started here in place of those that were killed. */
  readonly #restarted: RedisEngine[] = [];
  readonly #clients: TestClient[] = [];

  private constructor(
    readonly group: SentinelGroup,
    private readonly kind: WatchedKind,
  ) {}

  static async start(kind: WatchedKind): Promise<Watched> {
    return new Watched(await startSentinel(), kind);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map(({ destroy }) => destroy()));
    await Promise.all([this.group.stop(), ...this.#restarted.map((server) => server.stop())]);
  }

  async connect(): Promise<RedisSessionClient> {
    const one = this.kind(this.group);
    this.#clients.push(one);
    // A client of ioredis rejects when it meets a master that was just killed, and goes on trying.
    await one.connect().catch(() => undefined);
    return one.client;
  }

  /** A store with a client of its own. */
  async store(options: Partial<RedisStoreOptions> = {}): Promise<RedisStore> {
    return new RedisStore({ client: await this.connect(), keyPrefix, timeoutMs: 60_000, ...options });
  }

  /** The server that the sentinels take for the master, and the other one. */
  async roles(): Promise<{ master: RedisEngine; replica: RedisEngine }> {
    const port = await this.group.masterPort();
    const servers = [this.group.master, this.group.replica, ...this.#restarted];
    const alive = new Map(servers.map((server) => [server.port, server]));
    const master = alive.get(port);
    const replica = [...alive.values()].find((server) => server !== master);
    if (master === undefined || replica === undefined) throw new Error('there are no two servers');
    return { master, replica };
  }

  async untilInStep(): Promise<void> {
    await until('the replica is in step with the master', async () => {
      const { master, replica } = await this.roles();
      const [role, current, replicas] = (await redisCommand(master, 'ROLE')) as [string, number, Reply[]];
      const [, , , link, offset] = (await redisCommand(replica, 'ROLE')) as Reply[];
      return role === 'master' && replicas.length === 1 && link === 'connected' && offset === current;
    });
  }

  /** Starts a server where one was killed, as a replica of the other. */
  async replace(killed: RedisEngine, { host, port }: RedisEngine): Promise<void> {
    await killed.stop();
    this.#restarted.push(
      await startRedis({
        port: killed.port,
        args: ['--replicaof', `${host} ${port}`, '--repl-diskless-sync-delay', '0'],
      }),
    );
    await this.untilInStep();
    await until('every sentinel sees it', async () =>
      (await Promise.all(this.group.sentinels.map((sentinel) => this.#isSeenBy(sentinel)))).every(Boolean),
    );
  }

  async #isSeenBy(sentinel: RedisEngine): Promise<boolean> {
    const [replica] = (await redisCommand(sentinel, 'SENTINEL', 'REPLICAS', this.group.name)) as string[][];
    const state = new Map(replica?.map((word, index) => [word, replica[index + 1]]));
    return state.get('flags') === 'slave' && state.get('master-link-status') === 'ok';
  }
}

/** Tests side by side, each on a group of its own: most of their time goes to waiting for a failover. */
function testFailover(
  what: string,
  run: (watched: Watched) => Promise<void>,
  kinds: Record<string, WatchedKind> = WATCHED,
): void {
  test.concurrent.each(Object.entries(kinds))(
    `%s: ${what}`,
    async (_name, kind) => {
      const watched = await Watched.start(kind);
      try {
        await watched.untilInStep();
        await run(watched);
      } finally {
        await watched.stop();
      }
    },
    240_000,
  );
}

const roleOf = async (server: RedisEngine): Promise<Reply | undefined> =>
  ((await redisCommand(server, 'ROLE')) as Reply[])[0];

/** Checks what holds whatever a failover lost: each record at most once, each writer's in its order. */
async function expectSane(store: RedisStore, id: string, writers: readonly Writer[]): Promise<Set<unknown>> {
  const { records } = await store.read(id);
  const present = new Set(records);
  expect(present.size).toBe(records.length);
  for (const writer of writers) {
    const expected = writer.acknowledged.filter((record) => present.has(record));
    const certain = writer.among(records).filter((record) => !writer.uncertain.includes(record));
    expect(certain).toEqual(expected);
  }
  return present;
}

describe.each([REDIS_6, IOREDIS_6] as const)('the kit', (name) => {
  let watched: Watched;
  let client: RedisSessionClient;
  let inspector: Awaited<ReturnType<typeof connectTo>>;
  beforeAll(async () => {
    watched = await Watched.start(WATCHED[name]);
    client = await watched.connect();
    inspector = await connectTo(watched.group.master.url);
  }, 120_000);
  afterAll(async () => {
    inspector.destroy();
    await watched.stop();
  });

  describeConformance(`RedisStore on ${name}`, {
    keyPrefix,
    inspector: () => inspector,
    store: (options) => new RedisStore({ client, keyPrefix, timeoutMs: 60_000, ...options }),
  });
});

testFailover(
  'SENTINEL FAILOVER under two writers: they go on with the new master, and nothing is doubled',
  async (watched) => {
    const { master, replica } = await watched.roles();
    const id = 'handed over';
    const store = await watched.store();
    const writers = [new Writer(store, id, 'a'), new Writer(await watched.store(), id, 'b')];
    for (const writer of writers) await until('it writes', writer.progress(20));
    const before = writers.flatMap(({ acknowledged }) => acknowledged);
    await until('the replica has what was written by then', async () => {
      const length = await redisCommand(master, 'LLEN', sessionKeys(keyPrefix, id)[0]);
      return Number(length) >= before.length && hasAsMany(replica, id, before.length);
    });
    await redisCommand(watched.group.sentinels[0] as RedisEngine, 'SENTINEL', 'FAILOVER', watched.group.name);
    await until('the replica is the master', async () => (await roleOf(replica)) === 'master');
    await until('the master is a replica', async () => (await roleOf(master)) === 'slave');
    for (const writer of writers) await until('it goes on', writer.progress(20));
    const after = writers.flatMap(({ acknowledged }) => acknowledged.slice(-10));
    await Promise.all(writers.map((writer) => writer.stop()));

    const present = await expectSane(store, id, writers);
    expect([...before, ...after].filter((record) => !present.has(record))).toEqual([]);
  },
);

testFailover(
  'a master that is killed under a writer: what the replica confirmed is there, and nothing is doubled',
  async (watched) => {
    const { master, replica } = await watched.roles();
    const store = await watched.store();
    const id = 'killed';
    const writer = new Writer(store, id, 'a');
    await until('it writes', writer.progress(20));
    const before = [...writer.acknowledged];
    await until('the replica has them', () => hasAsMany(replica, id, before.length));
    process.kill(master.pid ?? 0, 'SIGKILL');
    await until('the replica is the master', async () => (await roleOf(replica)) === 'master');
    await until('the writer goes on', writer.progress(20));
    const after = writer.acknowledged.slice(-10);
    await writer.stop();
    const present = await expectSane(store, id, [writer]);
    expect([...before, ...after].filter((record) => !present.has(record))).toEqual([]);
  },
);

testFailover(
  'a master that is killed again and again under writers that wait for a replica: nothing acknowledged is lost',
  async (watched) => {
    for (let round = 0; round < 3; round++) {
      await watched.untilInStep();
      const { master, replica } = await watched.roles();
      const id = `confirmed ${round}`;
      const store = await watched.store({ waitForReplicas: 1 });
      const writers = [
        new Writer(store, id, 'a'),
        new Writer(await watched.store({ waitForReplicas: 1 }), id, 'b'),
      ];
      for (const writer of writers) await until('it writes', writer.progress(20));
      process.kill(master.pid ?? 0, 'SIGKILL');
      await until('the replica is the master', async () => (await roleOf(replica)) === 'master');
      // What they are about to write is acknowledged once there is a replica again.
      const stopped = Promise.all(writers.map((writer) => writer.stop()));
      await watched.replace(master, replica);
      await stopped;
      const present = await expectSane(store, id, writers);
      const acknowledged = writers.flatMap((writer) => writer.acknowledged);
      expect(acknowledged.filter((record) => !present.has(record))).toEqual([]);
    }
  },
  MAJOR,
);

testFailover(
  'a replica that is promoted with stale data: no revision of what was lost is one of what is there',
  async (watched) => {
    const { master, replica } = await watched.roles();
    const client = await watched.connect();
    const store = new RedisStore({ client, keyPrefix, timeoutMs: 60_000 });
    const open = (sessionId: string): RedisSession =>
      new RedisSession({ client, keyPrefix, sessionId, concurrentWrites: 'reject', timeoutMs: 60_000 });
    const [ahead, cleared, known] = [open('ahead'), open('cleared'), open('known')];
    await ahead.addItems([message('a')]);
    await cleared.addItems([message('a')]);
    await known.addItems([message('a')]);
    await watched.untilInStep();

    // The replica cannot log in again.
    await redisCommand(replica, 'CONFIG', 'SET', 'masteruser', 'nobody', 'masterauth', 'wrong');
    await redisCommand(master, 'CLIENT', 'KILL', 'TYPE', 'REPLICA');
    await until('the master has no replica', async () => {
      const [, , replicas] = (await redisCommand(master, 'ROLE')) as [string, number, Reply[]];
      return replicas.length === 0;
    });
    await ahead.addItems([message('lost 1')]);
    await ahead.addItems([message('lost 2')]);
    await ahead.getItems();
    await cleared.clearSession();
    const lost = await store.read('ahead');
    process.kill(master.pid ?? 0, 'SIGKILL');
    await until('the replica is the master', async () => (await roleOf(replica)) === 'master');

    // What was acknowledged and not replicated is lost: nobody promises otherwise.
    expect((await store.read('ahead')).records).toEqual([JSON.stringify(message('a'))]);
    expect((await store.read('cleared')).records).toEqual([JSON.stringify(message('a'))]);

    // Whoever has seen it is told.
    await expect(ahead.addItems([message('b')])).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(cleared.addItems([message('b')])).rejects.toMatchObject({ code: 'CONFLICT' });
    // Even once as much was written as was lost, so that the number of commits and the length are the same.
    for (const content of ['new 1', 'new 2', 'new 3']) {
      await new RedisSession({ client, keyPrefix, sessionId: 'ahead' }).addItems([message(content)]);
      const attempt = { idempotencyKey: commitId(), append: ['{"b":1}'], ifRevision: lost.revision };
      expect(await store.commit('ahead', attempt)).toEqual({ status: 'conflict' });
      expect((await store.read('ahead')).revision).not.toBe(lost.revision);
      await expect(ahead.popItem()).rejects.toMatchObject({ code: 'CONFLICT' });
    }
    await ahead.getItems();
    await ahead.addItems([message('c')]);
    expect(await ahead.getItems()).toEqual(['a', 'new 1', 'new 2', 'new 3', 'c'].map(message));
    // Whoever has seen nothing that was lost goes on.
    await known.addItems([message('b')]);
    expect(await known.getItems()).toEqual([message('a'), message('b')]);
  },
  { [REDIS_6]: WATCHED[REDIS_6] },
);

test('min-replicas-to-write: a master without a replica refuses every write, and nothing changes', async () => {
  const server = await startRedis({});
  const alone = await createClient({ url: server.url })
    .on('error', () => undefined)
    .connect();
  const store = new RedisStore({ client: alone, keyPrefix, timeoutMs: 200 });
  await store.commit('alone', { idempotencyKey: commitId(), append: ['{"a":1}', '{"b":1}'] });
  const before = await store.read('alone');
  await alone.configSet('min-replicas-to-write', '1');
  for (const write of [
    () => store.commit('alone', { idempotencyKey: commitId(), append: ['{"c":1}'] }),
    () => store.commit('alone', { idempotencyKey: commitId(), append: ['{"c":1}'], drop: 1 }),
    () => store.clear('alone'),
  ]) {
    await expect(write()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('NOREPLICAS') as string,
    });
  }
  expect(await store.read('alone')).toEqual(before);
  alone.destroy();
  await server.stop();
});

async function hasAsMany(server: RedisEngine, id: string, records: number): Promise<boolean> {
  return Number(await redisCommand(server, 'LLEN', sessionKeys(keyPrefix, id)[0])) >= records;
}

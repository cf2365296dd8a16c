import { inspect } from 'node:util';
import {
  redisCommand,
  startFaultProxy,
  startRedis,
  until,
  type FaultProxy,
  type RedisEngine,
} from '@agent-sessions/engines';
import { SessionError } from '@agent-sessions/session-core';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { RedisStore, type RedisStoreOptions } from '../src';
import { kindOfIORedisError } from '../src/clients/ioRedisErrors';
import { commitId } from './support/redis';

const SECRET = 'a secret of the conversation';
const append = [`{"text":"${SECRET}"}`];
const ignore = (): void => undefined;

let server: RedisEngine;
let proxy: FaultProxy;
const open: { disconnect(): void }[] = [];

beforeAll(async () => {
  server = await startRedis({});
  proxy = await startFaultProxy(server);
});
beforeEach(async () => {
  proxy.plan = () => undefined;
  await command('FLUSHALL');
});
afterEach(() => {
  for (const client of open.splice(0)) client.disconnect();
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

const command = (...words: string[]) => redisCommand(server, ...words);
type Options = Omit<RedisOptions, 'protocol' | 'replyMapping'>;

const VERSIONS = {
  'ioredis 6': (options: Options): Redis | Redis5 => new Redis(options),
  'ioredis 6, RESP 2': (options: Options): Redis | Redis5 => new Redis({ ...options, protocol: 2 }),
  'ioredis 5': (options: Options): Redis | Redis5 => new Redis5(options as object),
};

describe.each(Object.entries(VERSIONS))('%s', (name, create) => {
  function clientOf(options: Options = {}): Redis | Redis5 {
    const client = create({ host: '127.0.0.1', port: proxy.port, retryStrategy: () => 1, ...options });
    open.push(client);
    client.on('error', ignore);
    return client;
  }

  const storeOf = (client: Redis | Redis5, options: Partial<RedisStoreOptions> = {}): RedisStore =>
    new RedisStore({ client, keyPrefix: 'p', ...options });
  const commit = (store: RedisStore): Promise<unknown> =>
    store.commit('s', { idempotencyKey: commitId(), append });
  const whileUp = (client: Redis | Redis5) =>
    until('it is connected', () => Promise.resolve(client.status === 'ready'));

  async function failure(action: Promise<unknown>): Promise<SessionError> {
    const error: unknown = await action.then(
      () => new Error('it succeeded'),
      (reason: unknown) => reason,
    );
    if (!SessionError.is(error)) throw error;
    expect(bytesIn(error)).not.toContain(SECRET);
    return error;
  }

  test('a client that connects lazily is connected by the first call, whoever makes it', async () => {
    const store = storeOf(clientOf({ lazyConnect: true, enableOfflineQueue: false }));
    const calls = Array.from({ length: 20 }, () => commit(store));
    await Promise.all(calls);
    expect((await store.read('s')).records).toHaveLength(20);
  });

  test('a server that cannot be reached: STORE_UNAVAILABLE, with the reason; nothing is queued', async () => {
    for (const options of [{}, { enableOfflineQueue: false }, { maxRetriesPerRequest: 0 }]) {
      const client = clientOf({ port: 1, ...options });
      const error = await failure(commit(storeOf(client, { timeoutMs: 100 })));
      expect(error.code).toBe('STORE_UNAVAILABLE');
      expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
      expect((client as unknown as { offlineQueue: { length: number } }).offlineQueue).toHaveLength(0);
      client.disconnect();
    }
  });

  test('however many calls wait, the client is listened to once; afterwards as before', async () => {
    const client = clientOf({ port: 1 });
    await until('it has been refused', () => Promise.resolve(client.status === 'reconnecting'));
    storeOf(client);
    const events = ['ready', 'end', 'close', 'error', '-node'];
    const listeners = (): number[] => events.map((event) => client.listenerCount(event));
    const before = listeners();
    const calls = Array.from({ length: 30 }, () => failure(commit(storeOf(client, { timeoutMs: 100 }))));
    await until('they wait', () => Promise.resolve(client.listenerCount('end') > (before[1] ?? 0)));
    const during = listeners();
    during.forEach((count, index) => expect(count - (before[index] ?? 0)).toBeLessThanOrEqual(2));
    for (const error of await Promise.all(calls)) expect(error.code).toBe('STORE_UNAVAILABLE');
    expect(client.listenerCount('error')).toBe(before[3]);
  });

  test.each(['abort', 'timeout'])('%s while there is no connection: it never lands', async (how) => {
    const client = clientOf();
    await whileUp(client);
    proxy.plan = () => 'cut';
    proxy.cutAll();
    await until('it has lost the connection', () => Promise.resolve(client.status !== 'ready'));
    const controller = new AbortController();
    const timeoutMs = how === 'abort' ? 60_000 : 50;
    const given = failure(commit(storeOf(client, { timeoutMs, signal: controller.signal })));
    if (how === 'abort') controller.abort();
    expect((await given).code).toBe(how === 'abort' ? 'ABORTED' : 'STORE_UNAVAILABLE');
    proxy.plan = () => undefined;
    await whileUp(client);
    await client.ping();
    expect(await command('KEYS', '*')).toEqual([]);
  });

  test.each([true, false])(
    'what broke with its connection lands only while its call lasts (autoResendUnfulfilledCommands: %s)',
    async (autoResendUnfulfilledCommands) => {
      const client = clientOf({ autoResendUnfulfilledCommands });
      const store = storeOf(client, { timeoutMs: 200 });
      await store.commit('other', { idempotencyKey: commitId(), append: ['{}'] });
      // The server never sees it, nor anything until the call is over.
      let scripts = 0;
      let isOver = false;
      proxy.plan = (request) => {
        scripts += Number(/evalsha/i.test(request.toString('latin1')));
        return scripts > 0 && !isOver ? 'cut' : undefined;
      };
      expect((await failure(commit(store))).code).toBe('STORE_UNAVAILABLE');
      expect(scripts).toBe(1);
      isOver = true;
      await whileUp(client);
      await client.ping();
      expect(scripts).toBe(autoResendUnfulfilledCommands ? 2 : 1);
      expect(await command('EXISTS', 'p:{s}:items')).toBe(0);
    },
  );

  test('a wrong password: ACCESS_DENIED at once, and it is nowhere in the error', async () => {
    const closed = await startRedis({ args: ['--requirepass', 'pw'] });
    const password = 'a-wrong-password';
    for (const options of [{ password }, { username: 'default', password }]) {
      const client = clientOf({ port: closed.port, ...options });
      for (const call of [commit, (store: RedisStore) => store.read('s')]) {
        const error = await failure(call(storeOf(client, { timeoutMs: 60_000 })));
        expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
        expect(bytesIn(error)).not.toContain(password);
      }
      client.disconnect();
    }
    await closed.stop();
  });

  test('no error holds the command that ioredis hangs on it', async () => {
    for (const options of [{}, { enableAutoPipelining: true }, { showFriendlyErrorStack: true }]) {
      const client = clientOf(options);
      await command('SET', 'p:{s}:items', 'text');
      for (const call of [
        commit,
        (store: RedisStore) => store.read('s'),
        (store: RedisStore) => store.read('s', { last: 1 }),
        (store: RedisStore) => store.clear('s'),
      ]) {
        const error = await failure(call(storeOf(client)));
        expect(error).toMatchObject({ code: 'STORE_MISCONFIGURED' });
        expect(error.cause).toBeInstanceOf(Error);
        expect(error.cause).not.toHaveProperty('command');
      }
      await command('DEL', 'p:{s}:items');
    }
  });

  test('in MULTI on the same client: STORE_FAILURE that says so', async () => {
    const client = clientOf();
    await client.multi({ pipeline: false });
    for (const call of [commit, (store: RedisStore) => store.read('s')]) {
      const error = await failure(call(storeOf(client)));
      expect(error.code).toBe('STORE_FAILURE');
      expect(error.message).toContain('MULTI');
    }
  });

  test('a client that monitors, or under RESP 2 is subscribed: STORE_MISCONFIGURED that says so', async () => {
    const modes: (() => Promise<Redis | Redis5>)[] = [
      async () => {
        const client = clientOf();
        await client.subscribe('channel');
        return client;
      },
      async () => {
        const client = await clientOf().monitor();
        open.push(client);
        return client;
      },
    ];
    for (const [index, enter] of modes.entries()) {
      const store = storeOf(await enter(), { timeoutMs: 60_000 });
      if (name === 'ioredis 6' && index === 0) {
        await commit(store);
        continue;
      }
      for (const call of [commit(store), store.read('s')]) {
        const error = await failure(call);
        expect(error.code).toBe('STORE_MISCONFIGURED');
        expect(error.message).toContain('duplicate()');
      }
    }
  });

  test.each([true, 1, 2] as const)(
    'a replica that becomes the master, with reconnectOnError: %s',
    async (how) => {
      const replica = await startRedis({ args: ['--replicaof', server.host, `${server.port}`] });
      const client = clientOf({
        port: replica.port,
        reconnectOnError: (error) => (error.message.startsWith('READONLY') ? how : false),
      });
      await whileUp(client);
      const impatient = await failure(commit(storeOf(client, { timeoutMs: 200 })));
      expect(impatient.code).toBe('STORE_UNAVAILABLE');
      const waiting = commit(storeOf(client, { timeoutMs: 30_000 }));
      await redisCommand(replica, 'REPLICAOF', 'NO', 'ONE');
      expect(await waiting).toMatchObject({ status: 'committed' });
      expect((await storeOf(client).read('s')).records).toEqual(append);
      await replica.stop();
    },
  );

  test("a server that is silent beyond the client's own time limit is asked again", async () => {
    const client = clientOf({ commandTimeout: 50 });
    await whileUp(client);
    const store = storeOf(client, { timeoutMs: 20_000 });
    await store.clear('other');
    let hung = 0;
    proxy.plan = (request) => {
      if (!/evalsha/i.test(request.toString('latin1')) || hung++ > 0) return undefined;
      setTimeout(() => proxy.cutAll(), 200);
      return 'hang';
    };
    expect(await commit(store)).toMatchObject({ status: 'committed' });
    expect(hung).toBeGreaterThan(1);
    expect((await store.read('s')).records).toEqual(append);
    proxy.plan = () => 'hang';
    const error = await failure(commit(storeOf(client, { timeoutMs: 300 })));
    expect(error.code).toBe('STORE_UNAVAILABLE');
    expect(error.message).toMatch(/time limit that the client has/);
  });

  test.each(['quit', 'disconnect'] as const)('after %s every call fails at once', async (how) => {
    const client = clientOf();
    await whileUp(client);
    await Promise.resolve(client[how]());
    await until('it has ended', () => Promise.resolve(client.status === 'end'));
    for (const call of [commit(storeOf(client)), storeOf(client).read('s')]) {
      const error = await failure(call);
      expect(error.code).toBe('STORE_UNAVAILABLE');
      expect(error.message).toContain('closed');
    }
  });
});

test('a cluster of which no node can be reached: STORE_UNAVAILABLE, with the reason', async () => {
  const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { clusterRetryStrategy: () => 1 });
  cluster.on('error', ignore);
  open.push(cluster);
  const store = new RedisStore({ client: cluster, timeoutMs: 200 });
  const error: unknown = await store.read('s').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect((error as SessionError).cause).toBeInstanceOf(Error);
});

test.each<[string, boolean, string]>([
  ['Connection is closed.', false, 'closed'],
  ['Cluster is ended.', true, 'closed'],
  ['Command aborted due to connection close', false, 'cut'],
  ['Command timed out', false, 'silent'],
  ['Connection in subscriber mode, only subscriber commands may be used', false, 'misused'],
  ["Connection is in monitoring mode, can't process commands.", false, 'misused'],
  ["Stream isn't writeable and enableOfflineQueue options is false", false, 'unreachable'],
  ["Cluster isn't ready and enableOfflineQueue options is false", true, 'unreachable'],
  ['Reached the max retries per request limit (which is 20).', false, 'unreachable'],
  ['None of startup nodes is available', true, 'unreachable'],
  ['Failed to refresh slots cache.', true, 'unreachable'],
  ['Too many Cluster redirections. Last error: ReplyError: MOVED 1 127.0.0.1:1', true, 'unreachable'],
  ['connect ETIMEDOUT', false, 'unreachable'],
  ['MOVED 1 127.0.0.1:1', true, 'unreachable'],
  ['MOVED 1 127.0.0.1:1', false, 'reply'],
  ['LOADING Redis is loading the dataset in memory', false, 'reply'],
  ['NOPERM this user has no permissions', true, 'reply'],
])('%s (of a cluster: %s): %s', (message, ofCluster, kind) => {
  expect(kindOfIORedisError(new Error(message), ofCluster)).toBe(kind);
});

/** All text and bytes that can be reached from an error. */
function bytesIn(error: unknown): string {
  const texts = [inspect(error, { depth: 12, showHidden: true, maxStringLength: null })];
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('latin1'));
    else for (const key of Reflect.ownKeys(value)) visit((value as Record<PropertyKey, unknown>)[key]);
  };
  visit(error);
  return texts.join('\n');
}

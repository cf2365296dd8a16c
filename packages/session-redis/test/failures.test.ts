import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  redisCommand,
  startFaultProxy,
  startRedis,
  until,
  type FaultProxy,
  type RedisEngine,
} from '@agent-sessions/engines';
import { SessionError, type SessionErrorCode } from '@agent-sessions/session-core';
import { createClient, createClientPool } from 'redis';
import { RedisStore, type NodeRedisClient, type RedisStoreOptions } from '../src';
import { IDS_PER_HALF } from '../src/layout/state';
import { PLAIN, PLAIN_VARIANTS, type Address, type Kind, type TestClient } from './support/clientKinds';
import { sessionErrorOf } from './support/errors';
import { commitId } from './support/redis';
import { changeState, packEntry } from './support/state';

const SECRET = 'a secret of the conversation';
const append = [`{"text":"${SECRET}"}`, '{"b":2}'];

let server: RedisEngine;
let proxy: FaultProxy;
const open: { destroy(): unknown }[] = [];

beforeAll(async () => {
  server = await startRedis({});
  proxy = await startFaultProxy(server);
});
beforeEach(async () => {
  proxy.plan = () => undefined;
  await command('FLUSHALL');
});
afterEach(() => {
  for (const client of open.splice(0)) client.destroy();
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

const command = (...words: string[]) => redisCommand(server, ...words);

function clientOf(port: number, options: Parameters<typeof createClient>[0] = {}) {
  const client = createClient({
    ...options,
    socket: { host: '127.0.0.1', port, reconnectStrategy: 20 },
  }).on('error', () => undefined);
  open.push(client);
  return client;
}

const RESP_2 = PLAIN_VARIANTS['redis 6, RESP 2'] as Kind<Address>;
/** What `storeAt` connects with; `onEachClient` changes it. */
let kind: Kind<Address> = PLAIN['redis 6'];

function onEachClient(tests: (name: keyof typeof PLAIN) => void): void {
  describe.each(Object.keys(PLAIN) as (keyof typeof PLAIN)[])('%s', (name) => {
    beforeAll(() => {
      kind = PLAIN[name];
    });
    afterAll(() => {
      kind = PLAIN['redis 6'];
    });
    tests(name);
  });
}

function openClient(address: Address): TestClient {
  const one = kind(address);
  open.push(one);
  return one;
}

async function storeAt(
  port: number,
  {
    user,
    ...options
  }: Omit<Partial<RedisStoreOptions>, 'client'> & { user?: { username: string; password: string } } = {},
): Promise<RedisStore> {
  const { client, connect } = openClient({ port, ...user });
  await connect();
  return new RedisStore({ client, keyPrefix: 'p', ...options });
}

/** Every verb of a store, by name. */
function verbs(store: RedisStore): [string, () => Promise<unknown>][] {
  return [
    ['read', () => store.read('s')],
    ['read the end', () => store.read('s', { last: 2 })],
    ['commit', () => store.commit('s', { idempotencyKey: commitId(), append })],
    ['drop', () => store.commit('s', { idempotencyKey: commitId(), append, drop: 1 })],
    ['clear', () => store.clear('s')],
  ];
}

async function failure(action: () => Promise<unknown>): Promise<SessionError> {
  const error: unknown = await action().then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!SessionError.is(error)) throw error;
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
  return error;
}

async function expectEachToFail(store: RedisStore, code: SessionErrorCode): Promise<void> {
  for (const [verb, call] of verbs(store)) {
    expect({ verb, code: (await failure(call)).code }).toEqual({ verb, code });
  }
}

/** All that the server holds. */
async function contents(): Promise<unknown> {
  const keys = (await command('KEYS', '*')) as string[];
  return Promise.all(
    keys.sort().map(async (key) => {
      const isHash = (await command('TYPE', key)) === 'hash';
      // The server writes the fields of a hash in any order.
      const value = isHash
        ? ((await command('HGETALL', key)) as string[]).sort()
        : await command('DUMP', key);
      return [key, await command('PEXPIRETIME', key), value];
    }),
  );
}

describe('a server that cannot be reached', () =>
  onEachClient((name) => {
    test('from the start: STORE_UNAVAILABLE', async () => {
      const { port, stop } = await startRedis({});
      await stop();
      const { client, connect } = openClient({ port });
      connect().catch(() => undefined);
      await expectEachToFail(new RedisStore({ client, timeoutMs: 100 }), 'STORE_UNAVAILABLE');
    });

    test('goes away and comes back: what waited meanwhile goes in', async () => {
      const first = await startRedis({});
      const store = await storeAt(first.port, { timeoutMs: 30_000 });
      const impatient = await storeAt(first.port, { timeoutMs: 100 });
      await first.stop();
      await expectEachToFail(impatient, 'STORE_UNAVAILABLE');
      const waiting = store.commit('s', { idempotencyKey: commitId(), append });
      const second = await startRedis({ port: first.port });
      expect((await waiting).status).toBe('committed');
      expect((await store.read('s')).records).toEqual(append);
      await second.stop();
    });

    test('never answers: TIMEOUT', async () => {
      const store = await storeAt(proxy.port, { timeoutMs: 100 });
      proxy.plan = () => 'hang';
      await expectEachToFail(store, 'TIMEOUT');
    });

    test('cuts every connection: STORE_UNAVAILABLE', async () => {
      const store = await storeAt(proxy.port, { timeoutMs: 300 });
      proxy.plan = (request) => (/EVAL|HMGET/i.test(request.toString('latin1')) ? 'cut' : undefined);
      await expectEachToFail(store, 'STORE_UNAVAILABLE');
    });

    test('cuts, then never answers: STORE_UNAVAILABLE, for that is what is known', async () => {
      const store = await storeAt(proxy.port, { timeoutMs: 500 });
      for (const [verb, call] of verbs(store)) {
        let met = 0;
        proxy.plan = (request) => {
          if (!/EVAL|HMGET/i.test(request.toString('latin1'))) return undefined;
          return met++ === 0 ? 'cut' : 'hang';
        };
        expect({ verb, code: (await failure(call)).code }).toEqual({ verb, code: 'STORE_UNAVAILABLE' });
        expect(met).toBeGreaterThan(1);
        proxy.cutAll();
      }
    });

    test('a client that was never connected, or closed, fails at once', async () => {
      const { client, connect, close } = openClient({ port: server.port });
      const store = new RedisStore({ client, timeoutMs: 60_000 });
      // A session connects a client of ioredis itself.
      if (!name.startsWith('ioredis')) await expectEachToFail(store, 'STORE_UNAVAILABLE');
      await connect();
      await close();
      await expectEachToFail(store, 'STORE_UNAVAILABLE');
    });
  }));

test.each(['The client is closed', 'Disconnects client'])(
  'an open client that loses one of its connections (%s) tries another',
  async (message) => {
    const client = clientOf(server.port);
    await client.connect();
    for (const isOpen of [true, false]) {
      let losses = 1;
      const several: NodeRedisClient = {
        isOpen,
        withCommandOptions: (options) =>
          Object.assign(
            client.withCommandOptions(options),
            losses-- > 0 && { evalSha: () => Promise.reject(new Error(message)) },
          ),
      };
      const store = new RedisStore({ client: several, keyPrefix: `${isOpen}` });
      const commit = store.commit('s', { idempotencyKey: commitId(), append });
      if (isOpen || message.startsWith('Disconnects')) expect((await commit).status).toBe('committed');
      else await expect(commit).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    }
  },
);

describe('a signal', () =>
  onEachClient(() => {
    test('that has aborted: ABORTED, and nothing is sent', async () => {
      const store = await storeAt(proxy.port, { signal: AbortSignal.abort() });
      const sent = proxy.counts.get('pass');
      await expectEachToFail(store, 'ABORTED');
      expect(proxy.counts.get('pass')).toBe(sent);
    });

    test('that aborts while the server is silent: ABORTED', async () => {
      const controller = new AbortController();
      const store = await storeAt(proxy.port, { signal: controller.signal });
      proxy.plan = () => {
        controller.abort();
        return 'hang';
      };
      expect((await failure(() => store.commit('s', { idempotencyKey: commitId(), append }))).code).toBe(
        'ABORTED',
      );
    });

    test.each(['abort', 'timeout'])(
      '%s takes a waiting command off the queue: it never lands',
      async (how) => {
        const first = await startRedis({});
        const { client, connect, isReady } = openClient({ port: first.port });
        await connect();
        await first.stop();
        await until('it has noticed', () => Promise.resolve(!isReady()));
        const controller = new AbortController();
        const store = new RedisStore({
          client,
          signal: controller.signal,
          timeoutMs: how === 'abort' ? 60_000 : 50,
        });
        const given = failure(() => store.commit('s', { idempotencyKey: commitId(), append }));
        if (how === 'abort') controller.abort();
        expect((await given).code).toBe(how === 'abort' ? 'ABORTED' : 'STORE_UNAVAILABLE');

        const second = await startRedis({ port: first.port });
        await until('it is connected again', () => Promise.resolve(isReady()));
        await store.read('other').catch(() => undefined);
        expect(await redisCommand(second, 'KEYS', '*')).toEqual([]);
        await second.stop();
      },
    );
  }));

describe('a signal', () => {
  test('also takes back what a client keeps because its socket takes no more: it never lands', async () => {
    const stalled = await startRedis({});
    const one = PLAIN['redis 6']({ port: stalled.port });
    open.push(one);
    await one.connect();
    const { client } = one;
    const store = new RedisStore({ client, keyPrefix: 'p', timeoutMs: 500 });
    await store.clear('s');
    await store.commit('s', { idempotencyKey: commitId(), append });
    process.kill(stalled.pid ?? 0, 'SIGSTOP');
    // More than the buffers of both ends of the connection.
    const large = { idempotencyKey: commitId(), append: ['x'.repeat(60 * 1_024 * 1_024)] };
    const calls = [
      () => store.commit('large', large),
      () => store.commit('s', { idempotencyKey: commitId(), append }),
      () => store.clear('s'),
    ];
    const errors = await Promise.all(calls.map(failure));
    expect(errors.map(({ code }) => code)).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
    process.kill(stalled.pid ?? 0, 'SIGCONT');
    // Its answer comes behind those to all that was sent before.
    const patient = new RedisStore({ client, keyPrefix: 'p', timeoutMs: 60_000 });
    expect((await patient.read('s')).records).toEqual(append);
    await stalled.stop();
  }, 60_000);

  test('takes off the queue of a client whose server has stopped what calls carried, but for a thousand', async () => {
    const stalled = await startRedis({});
    const one = PLAIN['redis 6']({ port: stalled.port });
    open.push(one);
    await one.connect();
    const { client } = one;
    const store = new RedisStore({ client, keyPrefix: 'p', timeoutMs: 1_000 });
    await store.commit('s', { idempotencyKey: commitId(), append });
    process.kill(stalled.pid ?? 0, 'SIGSTOP');
    // More than the buffers of both ends of the connection.
    const large = { idempotencyKey: commitId(), append: ['x'.repeat(60 * 1_024 * 1_024)] };
    const small = () => store.commit('s', { idempotencyKey: commitId(), append });
    const calls = [() => store.commit('large', large), ...Array.from({ length: 1_500 }, () => small)];
    const errors = await Promise.all(calls.map(failure));
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['TIMEOUT']));
    process.kill(stalled.pid ?? 0, 'SIGCONT');
    // Its answer comes behind those to all that was sent before.
    const patient = new RedisStore({ client, keyPrefix: 'p', timeoutMs: 60_000 });
    expect((await patient.read('s')).records).toEqual(append);
    const refused = /errorstat_GIVENUP:count=(\d+)/.exec(
      String(await redisCommand(stalled, 'INFO', 'errorstats')),
    );
    expect(Number(refused?.[1])).toBeGreaterThan(900);
    expect(Number(refused?.[1])).toBeLessThanOrEqual(1_000);
    await stalled.stop();
  }, 60_000);

  test('that aborts before a script which the server does not know is sent in full: it never is', async () => {
    const client = clientOf(server.port);
    await client.connect();
    const controller = new AbortController();
    let sent = 0;
    const forgetful: NodeRedisClient = {
      withCommandOptions: (options) =>
        Object.assign(client.withCommandOptions(options), {
          evalSha: () => {
            controller.abort();
            return Promise.reject(new Error('NOSCRIPT No matching script'));
          },
          eval: () => Promise.resolve((sent += 1)),
        }),
    };
    const store = new RedisStore({ client: forgetful, signal: controller.signal });
    const error = await failure(() => store.commit('s', { idempotencyKey: commitId(), append }));
    await new Promise(setImmediate);
    expect({ code: error.code, sent }).toEqual({ code: 'ABORTED', sent: 0 });
  });
});

test('one signal for many calls at once has one listener, on every kind of client', async () => {
  const plain = clientOf(proxy.port);
  const pool = createClientPool({ socket: { host: '127.0.0.1', port: proxy.port } }).on(
    'error',
    () => undefined,
  );
  open.push(pool);
  await Promise.all([plain.connect(), pool.connect()]);
  for (const client of [plain, pool]) {
    const controller = new AbortController();
    const { signal } = controller;
    const store = new RedisStore({ client, signal });
    proxy.plan = () => 'hang';
    const calls = Array.from({ length: 30 }, (_, index) => failure(() => store.read(`s${index}`)));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    controller.abort();
    for (const { code, message } of await Promise.all(calls)) {
      expect({ code, message }).toEqual({ code: 'ABORTED', message: 'aborted by the signal' });
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    proxy.cutAll();
  }
});

test('the tries of one call leave no listener on the signal that the client is handed', async () => {
  const pool = createClientPool({ socket: { host: '127.0.0.1', port: server.port } }).on(
    'error',
    () => undefined,
  );
  open.push(pool);
  await pool.connect();
  await new RedisStore({ client: pool }).commit('s', { idempotencyKey: commitId(), append });
  const random = jest.spyOn(Math, 'random').mockReturnValue(0);
  let tries = 0;
  let most = 0;
  const flaky: NodeRedisClient = {
    isOpen: true,
    withCommandOptions: (options) => {
      const commands = pool.withCommandOptions(options);
      return Object.assign(Object.create(commands) as typeof commands, {
        evalSha: async (...call: Parameters<typeof commands.evalSha>) => {
          await commands.evalSha(...call);
          most = Math.max(most, getEventListeners(options.abortSignal as AbortSignal, 'abort').length);
          if (++tries < 40) throw new Error('Socket closed unexpectedly');
          return commands.evalSha(...call);
        },
      });
    },
  };
  const store = new RedisStore({ client: flaky });
  expect((await store.commit('s', { idempotencyKey: commitId(), append })).status).toBe('committed');
  random.mockRestore();
  expect({ tries, most }).toEqual({ tries: 40, most: 0 });
});

onEachClient(() =>
  test('what a read that fails says of a change: nothing', async () => {
    const store = await storeAt(proxy.port, { timeoutMs: 50 });
    proxy.plan = () => 'hang';
    expect((await failure(() => store.read('s'))).message).toBe('no answer within 50 ms');
    expect((await failure(() => store.commit('s', { idempotencyKey: commitId(), append }))).message).toBe(
      'no answer within 50 ms; a change may or may not have been made',
    );
    const refused = await storeAt(server.port, { signal: AbortSignal.abort() });
    for (const [, call] of verbs(refused)) {
      expect((await failure(call)).message).toBe('aborted by the signal; nothing was sent');
    }
  }),
);

describe('a server that refuses for now', () =>
  onEachClient(() => {
    test('a replica becomes the master: what waited goes in', async () => {
      const replica = await startRedis({ args: ['--replicaof', server.host, `${server.port}`] });
      const impatient = await storeAt(replica.port, { timeoutMs: 100 });
      const error = await failure(() => impatient.commit('s', { idempotencyKey: commitId(), append }));
      expect(error.code).toBe('STORE_UNAVAILABLE');
      expect(error.message).toMatch(/READONLY|MASTERDOWN|LOADING/);
      const patient = await storeAt(replica.port, { timeoutMs: 30_000 });
      const waiting = patient.commit('s', { idempotencyKey: commitId(), append });
      await redisCommand(replica, 'REPLICAOF', 'NO', 'ONE');
      expect((await waiting).status).toBe('committed');
      await replica.stop();
    });

    test('for want of memory: nothing changes, and dropping and clearing still work', async () => {
      const store = await storeAt(server.port, { timeoutMs: 100 });
      await store.commit('s', { idempotencyKey: commitId(), append: ['{"a":1}', ...append] });
      await command('CONFIG', 'SET', 'maxmemory', '1');
      try {
        const before = await contents();
        for (const change of [{ append }, { append: ['{}'], operation: { id: 'o', fingerprint: 'f' } }]) {
          const error = await failure(() => store.commit('s', { idempotencyKey: commitId(), ...change }));
          expect(error.code).toBe('STORE_UNAVAILABLE');
          expect(error.message).toContain('OOM');
        }
        expect(await contents()).toEqual(before);
        expect((await store.commit('s', { idempotencyKey: commitId(), append: [], drop: 2 })).status).toBe(
          'committed',
        );
        expect((await store.read('s')).records).toEqual(['{"a":1}']);
        await store.clear('s');
        expect((await store.read('s')).records).toEqual([]);
      } finally {
        await command('CONFIG', 'SET', 'maxmemory', '0');
      }
    });
  }));

describe('permissions', () => {
  const DOCUMENT = readFileSync(join(__dirname, '../../../docs/redis.md'), 'utf8');
  const LEAST = / -@all ((?:\+\w+ ?)+)$/m.exec(DOCUMENT)?.[1]?.split(' ') ?? [];

  const EXPIRIES: Pick<RedisStoreOptions, 'ttlSeconds' | 'ttlRefresh'>[] = [
    {},
    { ttlSeconds: 60 },
    { ttlSeconds: 60, ttlRefresh: 'access' },
    { ttlSeconds: 60, ttlRefresh: 'never' },
  ];

  async function userWithout(...denied: string[]): Promise<{ username: string; password: string }> {
    const granted = LEAST.filter((name) => !denied.includes(name));
    await command('ACL', 'SETUSER', 'chat', 'reset', 'on', '>pw', '~p:*', '-@all', ...granted);
    return { username: 'chat', password: 'pw' };
  }

  test('those of the page on Redis suffice', async () => {
    const { username, password } = await userWithout();
    for (const expiry of EXPIRIES) {
      const store = await storeAt(server.port, { user: { username, password }, ...expiry });
      for (let count = 0; count < 40; count++) {
        for (const [, call] of verbs(store)) await call();
        if (count % 3 !== 0) await store.commit('s', { idempotencyKey: commitId(), append });
      }
    }
  });

  /** The next commit is one of those that forget old ones. */
  async function forgetNext(meta: string): Promise<void> {
    const client = await createClient({ url: server.url }).connect();
    await changeState(client, meta, { count: IDS_PER_HALF, others: 1 });
    await client.hSet(meta, { turn: 'old', 'c:old': packEntry(1, 1, '') });
    await client.close();
  }

  test.each(LEAST)(
    'without what %s grants, what fails is ACCESS_DENIED, and changes nothing',
    async (name) => {
      const admin = await storeAt(server.port);
      for (let count = 0; count < 2; count++) await admin.commit('s', { idempotencyKey: commitId(), append });
      await forgetNext('p:{s}:meta');
      const user = await userWithout(name);
      let denied = 0;
      for (const expiry of EXPIRIES) {
        const store = await storeAt(server.port, { user, ...expiry });
        const read = () => store.read('s');
        const calls = [...verbs(store), ['read again', read] as const];
        await command('SCRIPT', 'FLUSH');
        for (const [, call] of calls) {
          const before = await contents();
          const error: unknown = await call().then(
            () => undefined,
            (reason: unknown) => reason,
          );
          if (error === undefined) continue;
          denied++;
          expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
          expect(await contents()).toEqual(before);
        }
      }
      expect(denied).toBeGreaterThan(0);
    },
  );

  onEachClient((kindName) => {
    test('for other keys: ACCESS_DENIED', async () => {
      jest.spyOn(console, 'warn').mockImplementation(() => undefined);
      const user = await userWithout();
      const store = await storeAt(server.port, { user, keyPrefix: 'q' });
      await expectEachToFail(store, 'ACCESS_DENIED');
      expect(await contents()).toEqual([]);
    });

    test('no password: ACCESS_DENIED', async () => {
      const closed = await startRedis({ args: ['--requirepass', 'pw'] });
      // With RESP 3 redis 6 does not connect, and its connect() goes on trying.
      if (kindName === 'redis 6') kind = RESP_2;
      const { client, connect } = openClient({ port: closed.port });
      await connect().catch(() => undefined);
      await expectEachToFail(new RedisStore({ client, timeoutMs: 60_000 }), 'ACCESS_DENIED');
      await closed.stop();
    });
  });
});

describe('a server that is not set up for sessions', () =>
  onEachClient(() => {
    test.each(['items', 'meta'])(
      'the key of the %s holds something else: STORE_MISCONFIGURED',
      async (end) => {
        const store = await storeAt(server.port);
        await store.commit('s', { idempotencyKey: commitId(), append });
        await command('SET', `p:{s}:${end}`, 'text');
        const before = await contents();
        await expectEachToFail(store, 'STORE_MISCONFIGURED');
        expect(await contents()).toEqual(before);
      },
    );

    test('no scripts: STORE_MISCONFIGURED, without what the server quotes', async () => {
      const bare = await startRedis({ args: ['--rename-command', 'EVALSHA', ''] });
      const store = await storeAt(bare.port, { keyPrefix: 'p' });
      const error = await failure(() => store.commit('s', { idempotencyKey: 'c', append }));
      expect(error.code).toBe('STORE_MISCONFIGURED');
      expect((error.cause as Error).message).toMatch(/^ERR unknown command 'evalsha'$/i);
      await bare.stop();
    });
  }));

describe('errors of the client', () => {
  const codeOf = (message: string): SessionErrorCode => sessionErrorOf(new Error(message)).code;

  test('an unknown one is STORE_FAILURE, with the client’s error as its cause', () => {
    const cause = new Error('ERR something else');
    expect(sessionErrorOf(cause)).toMatchObject({ code: 'STORE_FAILURE', cause });
    expect(sessionErrorOf(new TypeError('a bug'))).toMatchObject({ code: 'STORE_FAILURE' });
  });

  test('a node of a cluster, or keys in several slots: STORE_MISCONFIGURED', () => {
    expect(codeOf('MOVED 12182 127.0.0.1:7002')).toBe('STORE_MISCONFIGURED');
    expect(codeOf("CROSSSLOT Keys in request don't hash to the same slot")).toBe('STORE_MISCONFIGURED');
  });

  test('Redis 6 wraps what fails in a script', () => {
    const wrapped = (message: string): string =>
      `ERR Error running script (call to f_0123456789abcdef): @user_script:12: ${message}`;
    expect(codeOf(wrapped('WRONGTYPE Operation against a key holding the wrong kind of value'))).toBe(
      'STORE_MISCONFIGURED',
    );
    const memory = "@user_script: 12: -OOM command not allowed when used memory > 'maxmemory'.";
    expect(sessionErrorOf(new Error(wrapped(memory)))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('OOM') as string,
    });
    const denied = "@user_script: 12: The user executing the script can't run this command or subcommand";
    expect(codeOf(wrapped(denied))).toBe('ACCESS_DENIED');
    const onValkey = "ERR ACL failure in script: User chat has no permissions to run the 'hset' command";
    expect(codeOf(onValkey)).toBe('ACCESS_DENIED');
  });

  test('arguments that a server quotes are left out', () => {
    const message = `ERR unknown command 'EVALSHA', with args beginning with: 'sha' '2' '${SECRET}' `;
    const error = sessionErrorOf(new Error(message));
    expect(error.code).toBe('STORE_MISCONFIGURED');
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });
});

describe('too much for one write', () =>
  onEachClient(() => {
    test.each([
      ['30,001 records', Array.from({ length: 30_001 }, () => '{}')],
      ['140 MB', Array.from({ length: 14 }, () => 'x'.repeat(10 * 1_024 * 1_024))],
      ['140 MB of bytes', Array.from({ length: 14 }, () => new Uint8Array(10 * 1_024 * 1_024))],
    ])('%s: COMMIT_TOO_LARGE, and nothing is sent', async (_what, records) => {
      const store = await storeAt(proxy.port);
      const sent = proxy.counts.get('pass');
      const error = await failure(() => store.commit('s', { idempotencyKey: commitId(), append: records }));
      expect(error.code).toBe('COMMIT_TOO_LARGE');
      expect(proxy.counts.get('pass')).toBe(sent);
    });

    test('30,000 records go in at once', async () => {
      const store = await storeAt(server.port);
      const records = Array.from({ length: 30_000 }, (_, index) => `{"n":${index}}`);
      await store.commit('s', { idempotencyKey: commitId(), append: records });
      expect((await store.read('s')).records).toEqual(records);
      expect((await store.read('s', { last: 29_999 })).records).toEqual(records.slice(1));
    });

    test('12 MB go in at once', async () => {
      const store = await storeAt(server.port);
      const records = Array.from({ length: 12 }, (_, index) => `{"n":"${`${index}`.repeat(1_000_000)}"}`);
      await store.commit('s', { idempotencyKey: commitId(), append: records });
      const read = await store.read('s');
      expect(read.records.every((record, index) => record === records[index])).toBe(true);
      expect(read.records.length).toBe(12);
    });
  }));

test.each([
  ['undefined', undefined],
  ['a string', 'redis://localhost'],
  ['a legacy client', createClient().legacy()],
])('a client that is %s is refused', (_what, client) => {
  expect(() => new RedisStore({ client: client as never })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
  );
});

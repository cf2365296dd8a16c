import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { redisCommand, startFaultProxy, startRedis, type RedisEngine } from '@agent-sessions/engines';
import { SessionError } from '@agent-sessions/session-core';
import { RedisSession } from '../src';
import { TestRedis } from './support/redis';

const redis = new TestRedis();
let locked: RedisEngine;

beforeAll(async () => {
  await redis.connect();
  locked = await startRedis({ args: ['--requirepass', 'right'] });
});
afterAll(async () => {
  await redis.close();
  await locked.stop();
});

const url = (): string => process.env.REDIS_URL ?? '';
const message = (content: string) => ({ role: 'user' as const, content });

async function failure(attempt: Promise<unknown>): Promise<SessionError> {
  const error: unknown = await attempt.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!SessionError.is(error)) throw error;
  return error;
}

/** How many connections the server has; asked over one more. */
async function connections({ host, port }: { host: string; port: number }): Promise<number> {
  const clients = await redisCommand({ host, port }, 'CLIENT', 'LIST', 'TYPE', 'normal');
  return String(clients).trim().split('\n').length - 1;
}

test('opens a session on a connection of its own, and closes that', async () => {
  const own = await startRedis({});
  {
    await using session = await RedisSession.fromUrl(own.url, { sessionId: 'chat', ttlSeconds: 60 });
    await session.addItems([message('a')]);
    expect(await session.getSessionId()).toBe('chat');
    expect(await session.getItems()).toEqual([message('a')]);
    expect(await redisCommand(own, 'TTL', 'openai_agents_session:{chat}:items')).toBe(60);
    expect(await connections(own)).toBe(1);
  }
  while ((await connections(own)) !== 0);

  const session = await RedisSession.fromUrl(own.url, { sessionId: 'chat' });
  expect(await session.getItems()).toEqual([message('a')]);
  await session.close();
  while ((await connections(own)) !== 0);
  await own.stop();
});

test('without options the session has an id of its own', async () => {
  await using left = await RedisSession.fromUrl(url());
  await using right = await RedisSession.fromUrl(url());
  expect(await left.getSessionId()).toMatch(/^[0-9a-f-]{36}$/);
  expect(await left.getSessionId()).not.toBe(await right.getSessionId());
});

test('close waits for the answers to what was sent, may be called again, and ends the session', async () => {
  const session = await RedisSession.fromUrl(url(), { keyPrefix: redis.keyPrefix, sessionId: 'closing' });
  await session.addItems([message('a')]);
  const writes = [session.addItems([message('b')]), session.getItems()];
  await new Promise(setImmediate);
  const closed = session.close();
  expect(session.close()).toBe(closed);
  await closed;
  await Promise.all(writes);
  await session[Symbol.asyncDispose]();
  expect(await failure(session.getItems())).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect((await redis.store().read('closing')).records.length).toBe(2);
});

test('a server that is not there: STORE_UNAVAILABLE says where to look', async () => {
  const own = await startRedis({});
  await own.stop();
  expect(await failure(RedisSession.fromUrl(own.url, { timeoutMs: 200 }))).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('is a server running there') as string,
  });
});

test('close ends within the time limit though the server says nothing', async () => {
  const own = await startRedis({});
  const proxy = await startFaultProxy(own);
  const session = await RedisSession.fromUrl(`redis://127.0.0.1:${proxy.port}`, { timeoutMs: 200 });
  proxy.plan = () => 'hang';
  const read = failure(session.getItems());
  await session.close();
  expect(['TIMEOUT', 'STORE_UNAVAILABLE']).toContain((await read).code);
  while ((await connections(own)) !== 0);
  await proxy.stop();
  await own.stop();
});

test('a session on an injected client has nothing that closes it', async () => {
  const session = new RedisSession({ client: redis.client, keyPrefix: redis.keyPrefix });
  expect('close' in session || Symbol.asyncDispose in session).toBe(false);
  await session.getItems();
  expect(redis.client.isReady).toBe(true);
});

test.each([
  [''],
  ['localhost:6379'],
  ['http://user:hunter2@localhost'],
  ['redis://user:hunter2@local host'],
  ['redis://user:hunter2@localhost:port'],
  ['redis://user:hunter2@localhost/db'],
  ['redis://user:hunter2%@localhost'],
  [undefined],
  [7],
  [{ url: 'redis://user:hunter2@localhost' }],
])('the URL %j is refused, and not quoted', async (bad) => {
  const error = await failure(RedisSession.fromUrl(bad as string));
  expect(error.code).toBe('INVALID_ARGUMENT');
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
});

test.each([[{ ttlSeconds: 0 }], [{ sessionId: '' }], [{ keyPrefix: '{' }], [{ timeoutMs: -1 }]])(
  'the options %j are refused before anything is opened',
  async (options) => {
    const server = await listen();
    const error = await failure(RedisSession.fromUrl(server.url, options));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(server.sockets.size).toBe(0);
    server.close();
  },
);

test('a wrong password, or none: ACCESS_DENIED, at once', async () => {
  const { host, port } = locked;
  for (const credentials of ['', 'default:wrong@', 'nobody:right@']) {
    const error = await failure(
      RedisSession.fromUrl(`redis://${credentials}${host}:${port}`, { timeoutMs: 600_000 }),
    );
    expect(error.code).toBe('ACCESS_DENIED');
    expect(inspect(error, { depth: 9 })).not.toMatch(/wrong@|right/);
  }
  await (await RedisSession.fromUrl(`redis://default:right@${host}:${port}`)).close();
});

test('a database that does not exist: STORE_MISCONFIGURED, at once', async () => {
  const error = await failure(RedisSession.fromUrl(`${url()}/99`, { timeoutMs: 600_000 }));
  expect(error).toMatchObject({
    code: 'STORE_MISCONFIGURED',
    message: expect.stringContaining('no such database') as string,
  });
});

test('a server without RESP 3: STORE_MISCONFIGURED, at once', async () => {
  const old = await startRedis({ args: ['--rename-command', 'HELLO', ''] });
  const error = await failure(RedisSession.fromUrl(old.url, { timeoutMs: 600_000 }));
  expect(error).toMatchObject({
    code: 'STORE_MISCONFIGURED',
    message: expect.stringContaining('RESP: 2') as string,
  });
  await old.stop();
});

test('rediss:// to a server without TLS: an error that says so', async () => {
  const own = await startRedis({});
  const error = await failure(RedisSession.fromUrl(own.url.replace('redis:', 'rediss:'), { timeoutMs: 500 }));
  expect(error).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('redis://') as string,
  });
  await own.stop();
  // One that answers at once, as others do, and Redis where the greeting has a line break in it.
  const talkative = createServer((socket) => {
    socket.on('error', () => undefined).end("-ERR unknown command '?'\r\n");
  }).listen(0, '127.0.0.1');
  await once(talkative, 'listening');
  const { port } = talkative.address() as AddressInfo;
  const atOnce = await failure(RedisSession.fromUrl(`rediss://127.0.0.1:${port}`, { timeoutMs: 600_000 }));
  expect(atOnce).toMatchObject({
    code: 'STORE_MISCONFIGURED',
    message: expect.stringContaining('redis://') as string,
  });
  talkative.close();
});

test('a closed port: STORE_UNAVAILABLE within the time limit, with the reason', async () => {
  const server = await listen();
  server.close();
  const error = await failure(RedisSession.fromUrl(server.url, { timeoutMs: 200 }));
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', cause: { code: 'ECONNREFUSED' } });
});

test('a server that says nothing: TIMEOUT within the time limit, and the connection is closed', async () => {
  const server = await listen();
  const error = await failure(RedisSession.fromUrl(server.url, { timeoutMs: 200 }));
  expect(error.code).toBe('TIMEOUT');
  await server.abandoned();
  server.close();
});

test('a signal ends the wait: ABORTED, and the connection is closed', async () => {
  const server = await listen();
  const controller = new AbortController();
  const opening = failure(RedisSession.fromUrl(server.url, { signal: controller.signal }));
  await once(server.tcp, 'connection');
  controller.abort();
  expect((await opening).code).toBe('ABORTED');
  await server.abandoned();
  server.close();
});

test('a server that goes away later: STORE_UNAVAILABLE, with the reason; it comes back: all is well', async () => {
  const first = await startRedis({});
  await using session = await RedisSession.fromUrl(first.url, { timeoutMs: 500 });
  await session.addItems([message('a')]);
  await first.stop();
  expect(await failure(session.getItems())).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    cause: { code: expect.stringMatching(/ECONN/) as string },
  });
  const second = await startRedis({ port: first.port });
  // node-redis waits up to 2.2 s between its tries
  for (;;) {
    const error: unknown = await session.addItems([message('b')]).catch((reason: unknown) => reason);
    if (error === undefined) break;
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  }
  expect((await session.getItems()).at(-1)).toEqual(message('b'));
  await second.stop();
}, 30_000);

/** A server that takes connections and says nothing. */
async function listen(): Promise<{
  url: string;
  tcp: Server;
  sockets: Set<Socket>;
  abandoned: () => Promise<void>;
  close: () => void;
}> {
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.resume();
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  return {
    url: `redis://127.0.0.1:${(tcp.address() as AddressInfo).port}`,
    tcp,
    sockets,
    abandoned: async () => {
      for (const socket of sockets) await once(socket, 'close');
    },
    close: () => {
      tcp.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

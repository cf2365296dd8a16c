import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { localClientConfig } from '@agent-sessions/engines';
import type { SessionError, StoredSession } from '@agent-sessions/session-core';
import { DynamoDBSession } from '@agent-sessions/session-dynamodb';
import { RedisSession } from '@agent-sessions/session-redis';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createClient } from 'redis';
import { ALL, DURABLE, type BackendName } from '../src/backends';
import { message, useBackend } from './support';

const SECRET = 'a secret of the conversation';

/** Every write and read of the session, by name. */
function everyCall(session: StoredSession): Record<string, () => Promise<unknown>> {
  return {
    getItems: () => session.getItems(),
    addItems: () => session.addItems([message(SECRET)]),
    popItem: () => session.popItem(),
    clearSession: () => session.clearSession(),
    applyHistoryTransaction: () =>
      session.applyHistoryTransaction({
        operationId: 'o1',
        transaction: { type: 'append_items', items: [message(SECRET)] },
      }),
    replaceHistoryWithCompaction: () => session.replaceHistoryWithCompaction([message(SECRET)]),
  };
}

async function errorOf(action: () => Promise<unknown>): Promise<SessionError> {
  const error: unknown = await action().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) throw new Error('it succeeded');
  return error as SessionError;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as SessionError).code;
  }
  return 'it succeeded';
}

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  test.each<[string, unknown]>([
    ['empty', ''],
    ['a number', 7],
    ['null', null],
    ['an object', {}],
    ['2,049 bytes', 'x'.repeat(2_049)],
    ['1,025 characters of two bytes', 'ä'.repeat(1_025)],
    ['a lone surrogate', 'a\ud800'],
  ])('a session id that is %s is refused', (_what, sessionId) => {
    expect(codeOf(() => backend().session({ sessionId: sessionId as string }))).toBe('INVALID_ARGUMENT');
  });

  test.each<[string, unknown, string]>([
    ['no array', message('b'), 'INVALID_ARGUMENT'],
    ['a string among the items', [message('b'), 'c'], 'INVALID_ARGUMENT'],
    ['null among the items', [null], 'INVALID_ARGUMENT'],
    ['an array among the items', [[message('b')]], 'INVALID_ARGUMENT'],
    ['a BigInt', [message('b'), { ...message('c'), n: 1n }], 'UNSERIALIZABLE_ITEM'],
    ['NaN', [{ ...message('c'), n: NaN }], 'UNSERIALIZABLE_ITEM'],
    ['a function', [{ ...message('c'), f: () => SECRET }], 'UNSERIALIZABLE_ITEM'],
  ])('addItems with %s is refused and changes nothing', async (_what, items, code) => {
    const session = backend().session();
    await session.addItems([message('a')]);
    const error = await errorOf(() => session.addItems(items as never));
    expect(error).toMatchObject({ name: 'SessionError', code });
    expect(await session.getItems()).toEqual([message('a')]);
  });
});

describe.each(DURABLE)('on %s', (name) => {
  const backend = useBackend(name);

  test.each<[string, unknown]>([
    ['ttlSeconds 0', { ttlSeconds: 0 }],
    ['a negative ttlSeconds', { ttlSeconds: -1 }],
    ['a fractional ttlSeconds', { ttlSeconds: 0.5 }],
    ['a ttlSeconds that is a string', { ttlSeconds: '60' }],
    ['an unknown onCorruptRecord', { onCorruptRecord: 'ignore' }],
    ['an unknown concurrentWrites', { concurrentWrites: 'merge' }],
  ])('%s is refused', (_what, options) => {
    expect(codeOf(() => backend().session(options as object))).toBe('INVALID_ARGUMENT');
  });

  test('more than one commit can hold is refused and changes nothing', async () => {
    // Compressed, it would be small.
    const session = backend().session({ compression: false });
    await session.addItems([message('a')]);
    const huge = message('x'.repeat(10 * 1_024 * 1_024));
    const error = await errorOf(() => session.addItems(Array.from({ length: 14 }, () => huge)));
    expect(error).toMatchObject({ code: 'COMMIT_TOO_LARGE' });
    expect(await session.getItems()).toEqual([message('a')]);
  });
});

/** What answers at the other end: nothing at all, or a server that takes what it is sent and never answers. */
type Peer = 'closed port' | 'silent server';

async function startPeer(peer: Peer): Promise<{ port: number; stop: () => void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).resume());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  if (peer === 'closed port') stop();
  return { port, stop };
}

function sessionAt(name: BackendName, port: number): { session: StoredSession; close: () => void } {
  const options = { timeoutMs: 400 };
  if (name === 'dynamodb') {
    const client = new DynamoDBClient({ ...localClientConfig(`http://127.0.0.1:${port}`), maxAttempts: 1 });
    return {
      session: new DynamoDBSession({ ...options, client, tableName: 'table' }),
      close: () => client.destroy(),
    };
  }
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', () => undefined);
  client.connect().catch(() => undefined);
  return { session: new RedisSession({ ...options, client }), close: () => client.destroy() };
}

describe.each(DURABLE)('on %s', (name) => {
  test.each<[Peer, string[]]>([
    ['closed port', ['STORE_UNAVAILABLE']],
    ['silent server', ['STORE_UNAVAILABLE', 'TIMEOUT']],
  ])(
    'every call to a %s ends in bounded time with a code and no content',
    async (peer, codes) => {
      const { port, stop } = await startPeer(peer);
      const { session, close } = sessionAt(name, port);
      try {
        for (const [method, call] of Object.entries(everyCall(session))) {
          const error = await errorOf(call);
          expect({ method, name: error.name, code: error.code }).toEqual({
            method,
            name: 'SessionError',
            code: expect.stringMatching(codes.join('|')) as string,
          });
          expect(JSON.stringify([error.message, String(error.cause), error.cause])).not.toContain(SECRET);
        }
      } finally {
        close();
        stop();
      }
    },
    30_000,
  );
});

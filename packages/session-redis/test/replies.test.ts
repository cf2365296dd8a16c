import { inspect } from 'node:util';
import { startRedis, type RedisEngine } from '@agent-sessions/engines';
import { SessionError } from '@agent-sessions/session-core';
import { createClient, createClientPool, createCluster, createSentinel } from 'redis';
import { RedisStore, type NodeRedisClient } from '../src';
import { sessionErrorOf } from './support/errors';
import { commitId } from './support/redis';

const keyPrefix = 'replies';
const ignore = (): void => undefined;
const SECRET = 'a secret of the conversation';
const append = [`{"text":"${SECRET}"}`];

let server: RedisEngine;
let client: ReturnType<typeof connect>;
const connect = () => createClient({ url: server.url }).on('error', ignore);

beforeAll(async () => {
  server = await startRedis({});
  client = connect();
  await client.connect();
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const VERBS: readonly [string, (store: RedisStore) => Promise<unknown>][] = [
  ['read', (store) => store.read('s')],
  ['read the end', (store) => store.read('s', { last: 1 })],
  ['describe', (store) => store.describe('s')],
  ['commit', (store) => store.commit('s', { idempotencyKey: commitId(), append })],
  ['drop', (store) => store.commit('s', { idempotencyKey: commitId(), append: [], drop: 1 })],
  ['clear', (store) => store.clear('s')],
];

async function failure(call: Promise<unknown>): Promise<SessionError> {
  const error: unknown = await call.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!SessionError.is(error)) throw error;
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET);
  return error;
}

describe.each(VERBS)('%s', (_verb, call) => {
  test("in somebody's MULTI: an error that says so, and EXEC makes the change once", async () => {
    const shared = await connect().connect();
    await shared.sendCommand(['MULTI']);
    const error = await failure(call(new RedisStore({ client: shared, keyPrefix, timeoutMs: 60_000 })));
    expect(error).toMatchObject({
      code: 'STORE_FAILURE',
      message: expect.stringContaining('MULTI') as string,
    });
    await shared.sendCommand(['EXEC']);
    await call(new RedisStore({ client: shared, keyPrefix }));
    shared.destroy();
  });

  const buffer = Buffer.from('x');
  test.each([
    ...[
      null,
      undefined,
      'OK',
      1,
      true,
      [],
      [''],
      [1, 2],
      [null],
      {},
      new Map(),
      buffer,
      [buffer],
      [buffer, buffer],
    ],
    ['', 'committed'],
    ['', 'comitted', '1.1.x'],
    ['', 'committed', '1.1.x', 'more'],
    ['', 'committed', null],
    ['', null, '1.1.x'],
    [buffer, [buffer, null], 1],
    [buffer, [], '1'],
  ] as unknown[])('an answer that is %p: a typed error, and no second try', async (answer) => {
    let asked = 0;
    const answering: NodeRedisClient = {
      withCommandOptions: () =>
        Object.assign(client.withCommandOptions({}), {
          evalSha: () => Promise.resolve((asked++, answer)),
        }),
    };
    const error = await failure(call(new RedisStore({ client: answering, keyPrefix, timeoutMs: 60_000 })));
    expect(error.code).toBe('STORE_FAILURE');
    expect(error.message).toMatch(/unknown kind/);
    expect(asked).toBe(1);
  });
});

test.each(
  [null, 'OK', {}, [1], ['x']].flatMap((answer) =>
    ['hmGet', 'lRange', 'pTTL'].map((name) => [name, answer] as const),
  ),
)('a pipeline in which %s is answered by %p: a typed error', async (name, answer) => {
  const answering: NodeRedisClient & { createPool: unknown; hImportSet: unknown } = {
    isReady: true,
    createPool: undefined,
    hImportSet: undefined,
    // So that its methods are used.
    options: { keyPrefix: '' },
    withCommandOptions: (options) =>
      Object.assign(client.withCommandOptions(options), { [name]: () => Promise.resolve(answer) }),
  };
  const store = new RedisStore({ client: answering, keyPrefix, ttlSeconds: 60, ttlRefresh: 'access' });
  expect((await failure(store.read('s'))).code).toBe('STORE_FAILURE');
});

test('the answer to another call is none of this one, whatever call it was: it is asked again', async () => {
  const others = new RedisStore({ client, keyPrefix });
  await others.commit('others', { idempotencyKey: commitId(), append: [`{"text":"${SECRET}"}`] });
  await others.commit('own', { idempotencyKey: commitId(), append: ['{"a":1}'] });
  // As redis 5 may, when its connection breaks: the first answer is the one before.
  let stray: Promise<unknown> | undefined;
  const crossing: NodeRedisClient = {
    withCommandOptions: (options) => {
      const commands = client.withCommandOptions(options);
      return Object.assign(Object.create(commands) as typeof commands, {
        evalSha: (sha1: string, call: Parameters<typeof commands.evalSha>[1]) => {
          const before = stray;
          stray = commands.evalSha(sha1, call);
          stray.catch(() => undefined); // where nobody gets it
          return before ?? stray;
        },
      });
    },
  };
  const store = new RedisStore({ client: crossing, keyPrefix });
  await store.read('others');
  expect((await store.read('own')).records).toEqual(['{"a":1}']);
  stray = undefined;
  await store.describe('others');
  await others.commit('own', { idempotencyKey: commitId(), append: ['{"b":1}'] });
  expect((await store.describe('own')).items).toBe(2);
  stray = undefined;
  await store.commit('others', { idempotencyKey: commitId(), append: ['{"c":1}'] });
  const revisions = new Set<string>();
  for (const append of [['{"d":1}'], ['{"e":1}']]) {
    const result = await store.commit('own', { idempotencyKey: commitId(), append });
    if (result.status === 'committed') revisions.add(result.revision);
  }
  const { records, revision } = await others.read('own');
  expect(records).toEqual(['{"a":1}', '{"b":1}', '{"d":1}', '{"e":1}']);
  expect([...revisions].at(-1)).toBe(revision);
  expect(revisions.size).toBe(2);
  stray = undefined;
  await store.clear('others');
  await store.clear('own');
  expect((await others.read('own')).records).toEqual([]);
});

describe('words of refusals', () => {
  const codeOf = (message: string) => sessionErrorOf(new Error(message));
  const wrapped = (message: string): string =>
    `ERR Error running script (call to f_0123456789abcdef): @user_script:12: ${message}`;

  // Each as the servers and services write it: Redis 6 and 7, Envoy, Upstash, Alibaba Cloud, Dragonfly.
  test.each([
    'ERR unknown command `evalsha`, with args beginning with: `a`, `2`,',
    "ERR unknown command 'EVALSHA', with args beginning with: 'a' '2'",
    "unsupported command 'evalsha'",
    "ERR unsupported command 'evalsha'",
    "ERR Command is not available: 'EVALSHA'. See https://example.org for details",
    'ERR command eval not support for normal user',
    'ERR command EVALSHA is disabled',
    'ERR bad lua script for redis cluster, all the keys that the script uses should be passed using the KEYS array',
    'ERR Script attempted to access a non local key in a cluster node script: 4ce3, on @user_script:12.',
    wrapped('Lua script attempted to access a non local key in a cluster node'),
    wrapped('script tried accessing undeclared key'),
    wrapped('-ERR script tried accessing undeclared key, key: a'),
    wrapped('Unknown Redis command called from script'),
  ])('%s: no scripts, or not these', (message) => {
    expect(codeOf(message)).toMatchObject({
      code: 'STORE_MISCONFIGURED',
      message: expect.stringContaining('EVALSHA') as string,
    });
  });

  test.each([
    ['ERR DB index is out of range', /database/],
    ['ERR SELECT is not allowed in cluster mode', /database 0/],
    ['NOPROTO unsupported protocol version', /RESP: 2/],
    ["ERR unknown command 'HELLO', with args beginning with: '3'", /RESP: 2/],
    ['ERR This instance has cluster support disabled', /createClient/],
    ['ERR eval/evalsha command keys must be in same slot', /slot/],
    ["CROSSSLOT Keys in request don't hash to the same slot", /slot/],
    ['MOVED 12182 127.0.0.1:7002', /createCluster/],
  ])('%s: a hint', (message, hint) => {
    const error = codeOf(message);
    expect(error.code).toBe('STORE_MISCONFIGURED');
    expect(error.message).toMatch(hint);
  });

  test('a refusal that quotes what it refuses is cut', () => {
    const request = [
      'EVALSHA',
      'f'.repeat(40),
      '2',
      'openai_agents_session:{a}:items',
      'openai_agents_session:{a}:meta',
    ];
    const quoting = `ERR Command is not available: '${request.join(' ')} ${'c'.repeat(22)} 1795669658151120 0 ${SECRET}'`;
    const error = sessionErrorOf(
      new Error(quoting.replace(` 0 ${SECRET}`, ` 0 '' '' '' '' '' '' ${SECRET}`)),
    );
    expect(error.code).toBe('STORE_MISCONFIGURED');
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
  });
});

describe('a client that cannot', () => {
  test('because its own abortSignal has aborted: ABORTED, with a hint, and nothing is sent', async () => {
    const aborted = client.withAbortSignal(AbortSignal.abort());
    const store = new RedisStore({ client: aborted, keyPrefix, timeoutMs: 60_000 });
    for (const [, call] of VERBS) {
      const error = await failure(call(store));
      expect(error).toMatchObject({
        code: 'ABORTED',
        message: expect.stringContaining('client itself') as string,
      });
    }
  });

  test.each<[string, () => NodeRedisClient]>([
    ['createClient', connect],
    ['createClientPool', () => createClientPool({ url: server.url })],
    ['createCluster', () => createCluster({ rootNodes: [{ url: server.url }] })],
    [
      'createSentinel',
      () => createSentinel({ name: 'mymaster', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }),
    ],
    ['createSentinel without servers', () => createSentinel({ name: 'mymaster', sentinelRootNodes: [] })],
  ])('because nobody connected it (%s): STORE_UNAVAILABLE, at once', async (_kind, create) => {
    for (const [, call] of VERBS) {
      const error = await failure(call(new RedisStore({ client: create(), keyPrefix, timeoutMs: 60_000 })));
      expect(error).toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/not connected.*await client\.connect\(\)/) as string,
      });
    }
  });

  test('a sentinel without servers: STORE_UNAVAILABLE, with a hint', async () => {
    const sentinel = createSentinel({ name: 'mymaster', sentinelRootNodes: [] }).on('error', ignore);
    sentinel.connect().catch(ignore);
    const error = await failure(new RedisStore({ client: sentinel, keyPrefix, timeoutMs: 200 }).read('s'));
    expect(error).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('sentinel') as string,
    });
    await Promise.resolve(sentinel.destroy());
  });
});

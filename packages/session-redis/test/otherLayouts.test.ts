import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { RedisSession, SessionError } from '../src';
import { readPythonItems } from '../src/moving';
import { LEAST_RIGHTS } from './support/leastRights';
import { TestRedis } from './support/redis';

const redis = new TestRedis();
beforeAll(redis.connect);
afterAll(redis.close);

const SECRET = 'the secret of an item';
/** As `json.dumps` of Python writes them. */
const TEXTS = [
  `{"role": "user", "content": "${SECRET} \\u00e9"}`,
  '{"arguments": "{}", "call_id": "call_1", "name": "weather", "type": "function_call", "id": "fc_1"}',
  '{"call_id": "call_1", "output": "5", "type": "function_call_output"}',
];
const ITEMS = [
  { type: 'message', role: 'user', content: `${SECRET} é` },
  { type: 'function_call', id: 'fc_1', callId: 'call_1', name: 'weather', arguments: '{}' },
  { type: 'function_call_result', callId: 'call_1', name: 'weather', status: 'completed', output: '5' },
];

const open = (sessionId: string, client = redis.client): RedisSession =>
  new RedisSession({ client, keyPrefix: redis.keyPrefix, sessionId });

/** What the packages for Python store of a session, under the prefix of the tests. */
const LAYOUTS = {
  'openai-agents': async (sessionId: string, ...texts: string[]) => {
    const key = `${redis.keyPrefix}:${sessionId}`;
    await redis.client.hSet(key, { session_id: sessionId, created_at: '1', updated_at: '1' });
    await redis.client.rPush(`${key}:messages`, texts);
  },
  'openai-agents-session': async (sessionId: string, ...texts: string[]) => {
    await redis.client.rPush(`${redis.keyPrefix}:${sessionId}`, texts);
  },
} as const;

describe.each(Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[])(
  'a session that %s has written',
  (writtenBy) => {
    const write = LAYOUTS[writtenBy];
    const read = (sessionId: string) =>
      readPythonItems({ client: redis.client, keyPrefix: redis.keyPrefix, sessionId, writtenBy });

    test('it does not begin anew: a read says what to do; once imported, it is as any other', async () => {
      const sessionId = randomUUID();
      await write(sessionId, ...TEXTS);
      for (const limit of [undefined, 1]) {
        const error = await open(sessionId)
          .getItems(limit)
          .catch((thrown: unknown) => thrown);
        if (!SessionError.is(error, 'STORE_MISCONFIGURED')) throw error;
        expect(error.message).toContain(writtenBy);
        expect(error.message).toContain('readPythonItems');
        expect(error.message).not.toContain(SECRET);
      }
      await open(sessionId).importItems(await read(sessionId));
      expect(await open(sessionId).getItems()).toEqual(ITEMS);
      await open(sessionId).clearSession();
      expect(await open(sessionId).getItems()).toEqual([]);
    });

    test('it does not begin anew either where there was one of ours, which is gone', async () => {
      const sessionId = randomUUID();
      await open(sessionId).addItems([{ role: 'user', content: 'a' }]);
      expect(await open(sessionId).getItems()).toHaveLength(1);
      await redis.client.del(Object.values(redis.keys(sessionId)));
      await write(sessionId, ...TEXTS);
      await expect(open(sessionId).getItems()).rejects.toMatchObject({ code: 'STORE_MISCONFIGURED' });
    });

    test('with an item that cannot be converted: its place, and not what it holds', async () => {
      for (const [text, message] of [
        [`{"type": "telepathy_call", "thought": "${SECRET}"}`, 'items[3] has the type "telepathy_call"'],
        [`{"role": "user", "content": ${SECRET}}`, 'text 4 is no JSON'],
      ] as const) {
        const sessionId = randomUUID();
        await write(sessionId, ...TEXTS, text);
        const error = await read(sessionId).catch((thrown: unknown) => thrown);
        if (!SessionError.is(error, 'INVALID_ARGUMENT')) throw error;
        expect(error.message).toContain(message);
        expect(error.message).not.toContain(SECRET);
      }
    });

    test('where there is none: no items', async () => {
      expect(await read(randomUUID())).toEqual([]);
    });
  },
);

test.each<[string, (key: string) => Promise<unknown>]>([
  ['a list of something else', (key) => redis.client.rPush(key, ['job 1', '{"job":2}'])],
  ['a list of something else in JSON', (key) => redis.client.rPush(key, ['{"job":2}', ...TEXTS])],
  ['a list of numbers', (key) => redis.client.rPush(key, ['1', 'null'])],
  ['a hash of something else', (key) => redis.client.hSet(key, { name: 'Ada' })],
  ['text', (key) => redis.client.set(key, 'x')],
  ['a set', (key) => redis.client.sAdd(key, 'x')],
])('%s is no session of others', async (_what, put) => {
  const sessionId = randomUUID();
  await put(`${redis.keyPrefix}:${sessionId}`);
  expect(await open(sessionId).getItems()).toEqual([]);
});

test('a user who may not read the key of others reads nothing', async () => {
  const user = `other-${randomUUID()}`;
  const rights = LEAST_RIGHTS.map((right) => (right.startsWith('~') ? `~${redis.keyPrefix}:{*` : right));
  await redis.client.aclSetUser(user, [...rights, '>secret']);
  const url = new URL(process.env.REDIS_URL ?? '');
  const client = await createClient({ url: url.href, username: user, password: 'secret' }).connect();
  try {
    const sessionId = randomUUID();
    await LAYOUTS['openai-agents-session'](sessionId, ...TEXTS);
    expect(await open(sessionId, client).getItems()).toEqual([]);
  } finally {
    await client.close();
    await redis.client.aclDelUser(user);
  }
});

test('what is not of these packages is refused', async () => {
  const options = { client: redis.client, sessionId: 's', writtenBy: 'toString' as never };
  const error = await readPythonItems(options).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
});

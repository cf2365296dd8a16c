import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createTableIfNotExists, DynamoDBSession } from '@agent-sessions/session-dynamodb';
import { RedisSession } from '@agent-sessions/session-redis';
import { localClientConfig } from '@agent-sessions/engines';
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { AgentInputItem } from '@openai/agents';
import { createClient } from 'redis';
import { run } from '../src';

const SECRET = 'the secret of a conversation';
const ITEMS: AgentInputItem[] = [
  { role: 'user', content: `${SECRET} \u001b[2J` },
  { type: 'reasoning', content: [{ type: 'input_text', text: 'thinking' }] },
  { type: 'function_call', callId: 'c1', name: 'weather', arguments: '{"city":"Oslo"}' },
  { type: 'function_call_result', callId: 'c1', name: 'weather', status: 'completed', output: '5 °C' },
  { role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Cold.' }] },
];

const url = process.env['REDIS_URL'] ?? '';
const endpoint = process.env['DYNAMODB_ENDPOINT'] ?? '';
const prefix = `cli-${randomUUID()}`;
const tableName = `cli-${randomUUID()}`;
const redis = createClient({ url });
const dynamodb = new DynamoDBClient(localClientConfig(endpoint));
const folder = mkdtempSync(join(tmpdir(), 'agent-sessions-cli-'));
const env = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

beforeAll(async () => {
  Object.assign(process.env, env);
  await redis.connect();
  await createTableIfNotExists(dynamodb, tableName);
});
afterAll(async () => {
  const keys = await redis.keys(`${prefix}*`);
  if (keys.length > 0) await redis.del(keys);
  await redis.close();
  dynamodb.destroy();
  rmSync(folder, { recursive: true, force: true });
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function said(args: readonly string[], { input = '', isTTY = false } = {}): Promise<Said> {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const stderr = new PassThrough();
  stdin.end(input);
  const code = await run(args, { stdin, stdout, stderr, env: {} });
  stdout.end();
  stderr.end();
  return { code, out: await text(stdout), err: await text(stderr) };
}

const BACKENDS = {
  redis: {
    where: ['--redis', url, '--prefix', prefix],
    to: ['--to-redis', url, '--to-prefix', prefix],
    open: (options: { sessionId: string; index?: { owner: string } }) =>
      new RedisSession({ ...options, client: redis, keyPrefix: prefix }),
  },
  dynamodb: {
    where: ['--dynamodb', tableName, '--endpoint', endpoint, '--region', 'eu-west-1'],
    to: ['--to-dynamodb', tableName, '--to-endpoint', endpoint, '--to-region', 'eu-west-1'],
    open: (options: { sessionId: string; index?: { owner: string } }) =>
      new DynamoDBSession({ ...options, client: dynamodb, tableName }),
  },
} as const;

describe.each(Object.keys(BACKENDS) as (keyof typeof BACKENDS)[])('on %s', (name) => {
  const { where, open } = BACKENDS[name];
  const other = BACKENDS[name === 'redis' ? 'dynamodb' : 'redis'];
  const owner = `${name}-${randomUUID()}`;
  const stored = async (options: { owner?: string } = {}): Promise<string> => {
    const sessionId = randomUUID();
    const index = options.owner === undefined ? {} : { index: { owner: options.owner } };
    await open({ sessionId, ...index }).addItems(ITEMS);
    return sessionId;
  };

  test('show: roles, calls and results, and nothing that a terminal obeys', async () => {
    const sessionId = await stored();
    const plain = await said(['show', sessionId, ...where]);
    expect(plain.code).toBe(0);
    expect(plain.out.split('\n')).toEqual(
      expect.arrayContaining([
        'user',
        'calls weather',
        '  {"city":"Oslo"}',
        'weather returns',
        '  5 °C',
        'assistant',
      ]),
    );
    expect(plain.out).not.toContain('\u001b');
    expect((await said(['show', sessionId, '--last', '1', ...where])).out).toBe('assistant\n  Cold.\n\n');
    expect((await said(['show', sessionId, ...where], { isTTY: true })).out).toContain('\u001b[36muser');
    const lines = (await said(['show', sessionId, '--json', ...where])).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(ITEMS);
    expect((await said(['show', randomUUID(), ...where])).code).toBe(3);
  });

  test('describe, verify and list print nothing of the conversation', async () => {
    const sessionId = await stored({ owner });
    await open({ sessionId, index: { owner } }).setDetails({ title: SECRET });
    const all = [
      await said(['describe', sessionId, ...where]),
      await said(['verify', sessionId, ...where]),
      await said(['list', '--owner', owner, ...where]),
      await said(['list', '--owner', owner, '--json', ...where]),
    ];
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(all[0]?.out).toContain(`items     ${ITEMS.length}`);
    expect(all[1]?.out).toBe(`${sessionId}: sound\n`);
    expect(all[2]?.out).toContain(sessionId);
    expect(JSON.stringify(all)).not.toContain(SECRET);
    expect((await said(['list', '--owner', owner, '--details', ...where])).out).toContain(SECRET);
    expect((await said(['describe', randomUUID(), ...where])).code).toBe(3);
  });

  test('export and import, by files and by pipes; a file that is there is not written over', async () => {
    const sessionId = await stored();
    const file = join(folder, randomUUID());
    expect(await said(['export', sessionId, file, ...where])).toEqual({ code: 0, out: '', err: '' });
    expect(statSync(file).mode & 0o077).toBe(0);
    expect((await said(['export', sessionId, file, ...where])).err).toContain('EEXIST');
    const { out } = await said(['export', sessionId, ...where]);
    expect(out).toBe(readFileSync(file, 'utf8'));
    for (const [args, input] of [
      [[file], ''],
      [[], out],
    ] as const) {
      const target = randomUUID();
      const { code } = await said(['import', target, ...args, ...where, '--ttl', '1000'], { input });
      expect(code).toBe(0);
      expect(await open({ sessionId: target }).getItems()).toEqual(ITEMS);
      expect((await open({ sessionId: target }).describe()).expiresAt).toBeDefined();
    }
    const { code, err } = await said(['import', sessionId, file, ...where]);
    expect(code).toBe(1);
    expect(err).toMatch(/^CONFLICT: /);
  });

  test('import of a list of the SDK for Python', async () => {
    const target = randomUUID();
    const input =
      '[{"role": "user", "content": "a"}, {"type": "function_call_output", "call_id": "c", "output": "o"}]';
    expect((await said(['import', target, '--items', ...where], { input })).out).toBe('2 items\n');
    expect(await open({ sessionId: target }).getItems()).toMatchObject([{ role: 'user' }, { callId: 'c' }]);
  });

  test('copy to the other backend, of an owner too, and again; what is there is told and stays', async () => {
    const ofCopies = `${owner}-copies`;
    const ids = [await stored({ owner: ofCopies }), await stored({ owner: ofCopies })];
    const args = ['copy', '--owner', ofCopies, ...where, ...other.to];
    for (let times = 0; times < 2; times++) {
      expect(await said(args)).toEqual({
        code: 0,
        out: `2 sessions of ${2 * ITEMS.length} items\n`,
        err: '',
      });
    }
    for (const sessionId of ids) expect(await other.open({ sessionId }).getItems()).toEqual(ITEMS);
    const sessionId = await stored();
    await other.open({ sessionId }).addItems([{ role: 'user', content: 'mine' }]);
    const { code, err } = await said(['copy', sessionId, ...where, ...other.to]);
    expect(code).toBe(4);
    expect(err).toContain(`${sessionId}: CONFLICT`);
    expect(await other.open({ sessionId }).getItems()).toHaveLength(1);
  });

  test('erase asks, and takes --yes', async () => {
    const sessionId = await stored();
    expect((await said(['erase', sessionId, ...where])).code).toBe(5);
    expect((await said(['erase', sessionId, ...where], { isTTY: true, input: 'n\n' })).code).toBe(5);
    expect(await open({ sessionId }).getItems()).toHaveLength(ITEMS.length);
    expect((await said(['erase', sessionId, ...where], { isTTY: true, input: 'y\n' })).code).toBe(0);
    expect(await open({ sessionId }).getItems()).toEqual([]);
    const ofErased = `${owner}-erased`;
    const listed = await stored({ owner: ofErased });
    expect((await said(['erase', '--owner', ofErased, '--yes', ...where])).out).toBe('1 sessions erased\n');
    expect(await open({ sessionId: listed }).getItems()).toEqual([]);
  });

  test('a scope', async () => {
    const target = randomUUID();
    const input = '[{"role": "user", "content": "a"}]';
    await said(['import', target, '--items', '--scope', 'acme', ...where], { input });
    expect((await said(['show', target, '--scope', 'acme', ...where])).out).toBe('user\n  a\n\n');
    expect((await said(['show', target, ...where])).code).toBe(3);
    expect((await said(['verify', target, '--scope', 'acme', ...where])).out).toContain('sound');
  });
});

test('import of what a package for Python has stored under the same prefix', async () => {
  const sessionId = randomUUID();
  await redis.rPush(`${prefix}:${sessionId}`, '{"role": "user", "content": "a"}');
  const { where, open } = BACKENDS.redis;
  expect((await said(['show', sessionId, ...where])).err).toContain('STORE_MISCONFIGURED');
  const args = ['import', sessionId, '--python', 'openai-agents-session', '--python-prefix', prefix];
  expect(await said([...args, ...where])).toEqual({ code: 0, out: '1 items\n', err: '' });
  expect(await open({ sessionId }).getItems()).toMatchObject([{ role: 'user', content: 'a' }]);
  expect(
    (await said(['import', sessionId, '--python', 'openai-agents', ...BACKENDS.dynamodb.where])).code,
  ).toBe(2);
});

describe('verify', () => {
  const found = async (sessionId: string, where: readonly string[]): Promise<Said> =>
    said(['verify', sessionId, ...where]);

  test.each<[string, (keys: { items: string; meta: string }) => Promise<unknown>, string]>([
    ['a list that was edited', ({ items }) => redis.rPush(items, 'x'), 'damaged: the state'],
    [
      'an element that was changed',
      ({ items }) => redis.lSet(items, 0, '{"role":"user"}'),
      'damaged: the items take',
    ],
    ['a list without its hash', ({ meta }) => redis.del(meta), 'damaged: the items have no metadata'],
    ['a hash without its list', ({ items }) => redis.del(items), 'damaged: the state'],
    [
      'a key of another type',
      ({ items }) => redis.set(items, 'x'),
      'damaged: the key of the items is a string',
    ],
    ['one deadline', ({ items }) => redis.expire(items, 100), 'damaged: one of the two keys expires'],
    ['an unknown field', ({ meta }) => redis.hSet(meta, 'note', 'x'), 'superfluous: 1 unknown field'],
  ])('on Redis: %s', async (_what, damage, message) => {
    const sessionId = randomUUID();
    const { open, where } = BACKENDS.redis;
    await open({ sessionId }).addItems(ITEMS);
    const tagged = `${prefix}:{${sessionId}}`;
    await damage({ items: `${tagged}:items`, meta: `${tagged}:meta` });
    const { code, out } = await found(sessionId, where);
    expect(out).toContain(message);
    expect(code).toBe(message.startsWith('damaged') ? 4 : 0);
    expect(out).not.toContain(SECRET);
  });

  const keyOf = (sessionId: string, row: string) => ({ session_id: { S: sessionId }, row: { S: row } });
  const log = (version: number): string => `log#${`${version}`.padStart(12, '0')}`;
  const put = (Item: PutItemCommand['input']['Item']) =>
    dynamodb.send(new PutItemCommand({ TableName: tableName, Item }));

  test.each<[string, (sessionId: string) => Promise<unknown>, string]>([
    [
      'a row that is missing',
      (id) => dynamodb.send(new DeleteItemCommand({ TableName: tableName, Key: keyOf(id, log(2)) })),
      'damaged: row log#000000000002 is missing',
    ],
    ['a row that is damaged', (id) => put({ ...keyOf(id, log(2)), commit: { S: '1 x' } }), 'damaged: '],
    ['a row of somebody else', (id) => put({ ...keyOf(id, 'profile') }), 'orphaned: row profile'],
    [
      'a chunk of a writer that died',
      (id) =>
        put({ ...keyOf(id, 'chunk#1000000000000-0123456789abcdef#001'), bytes: { B: new Uint8Array(1) } }),
      'orphaned: 1 chunks',
    ],
  ])('on DynamoDB: %s', async (_what, damage, message) => {
    const sessionId = randomUUID();
    const { open, where } = BACKENDS.dynamodb;
    for (const item of ITEMS.slice(0, 3)) await open({ sessionId }).addItems([item]);
    await damage(sessionId);
    const { code, out, err } = await found(sessionId, where);
    expect(`${out}${err}`).toContain(message);
    expect(code).toBe(message.startsWith('damaged') ? 4 : 0);
    expect(out).not.toContain(SECRET);
  });
});

test.each<[string, readonly string[], string]>([
  ['an unknown command', ['dance'], 'there is no command dance'],
  ['an unknown option', ['list', '--dance'], '--dance'],
  ['no place', ['describe', 's'], 'say either --redis URL or --dynamodb TABLE'],
  ['two places', ['describe', 's', '--redis', url, '--dynamodb', 't'], 'say either'],
  ['no session', ['show', '--redis', url], 'show takes one session id'],
  ['a limit that is none', ['show', 's', '--last', '0', '--redis', url], '--last must be a positive integer'],
  ['nothing to erase', ['erase', '--redis', url], 'erase takes session ids'],
  ['no module', ['show', 's', '--redis', url, '--encryption', 'no-such-file.mjs'], '--encryption must be'],
])('%s: exit code 2', async (_what, args, message) => {
  const { code, out, err } = await said(args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(message);
});

test('help, and a server that is not there', async () => {
  expect(await said(['--help'])).toMatchObject({ code: 0, err: '' });
  expect((await said([])).out).toContain('agent-sessions <command>');
});

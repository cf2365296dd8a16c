import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localClientConfig, startRedis, type RedisEngine } from '@agent-sessions/engines';
import type { SessionOptions, StoredSession } from '@agent-sessions/session-core';
import { encryptWith } from '@agent-sessions/session-core/encryption';
import { RedisSession } from '@agent-sessions/session-redis';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { RunContext } from '@openai/agents';
import { createClient } from 'redis';
import { DURABLE, newPlace, openBackend } from '../src/backends';
import { message, useBackend } from './support';

/* What is seen of encrypted sessions from outside, and what happens while their keys change under several writers. */

const SECRET = `conspicuous-${globalThis.crypto.randomUUID()}`;

/** The secret in what else it could be stored as. */
const FORMS: readonly Buffer[] = [
  Buffer.from(SECRET),
  Buffer.from(SECRET, 'utf16le'),
  Buffer.from(Buffer.from(SECRET).toString('hex')),
  // What of Base64 does not depend on what stands before and behind.
  ...[0, 1, 2].map((shift) =>
    Buffer.from(
      Buffer.from(`${' '.repeat(shift)}${SECRET}`)
        .toString('base64')
        .slice(4, -4),
    ),
  ),
];

const holdsSecret = (bytes: Buffer): boolean => FORMS.some((form) => bytes.includes(form));

/** Brings the secret into the database by every way that there is, and leaves it there by most. */
async function storeSecrets(open: (options?: SessionOptions) => StoredSession): Promise<void> {
  const session = open({ sessionId: 'chat', index: { owner: 'ann' } });
  const run = new RunContext();
  const call = { type: 'function_call', callId: `1 ${SECRET}`, name: SECRET, arguments: SECRET } as const;
  await session.getItems(undefined, run);
  await session.addItems([message(SECRET), message(`${SECRET} ${'x'.repeat(500_000)}`), call], run);
  await session.addItems(
    [{ ...message(''), providerData: { bytes: new TextEncoder().encode(SECRET), [SECRET]: 1 } }],
    run,
  );
  await session.applyHistoryMutations(
    {
      mutations: [
        { type: 'replace_function_call', callId: call.callId, replacement: { ...call, id: SECRET } },
      ],
    },
    run,
  );
  await session.applyHistoryTransaction(
    {
      operationId: SECRET,
      transaction: { type: 'append_items', items: [message(SECRET), message(SECRET)] },
    },
    run,
  );
  await session.popItem(run);
  const state = JSON.stringify({
    $schemaVersion: '1.22',
    currentStep: { type: 'next_step_interruption', data: { interruptions: [{ rawItem: call }] } },
    text: SECRET,
  });
  const id = await session.savePendingRun(state, run);
  await session.decidePendingRun(id, [{ callId: call.callId, approve: false, message: SECRET }]);
  await open({ sessionId: 'step', replayId: SECRET }).addItems([message(SECRET)]);
  await session.setDetails({ title: SECRET, metadata: { [SECRET]: SECRET } });
  const fork = await session.fork({ sessionId: 'fork' });
  await fork.rewriteHistory((items) => items.toReversed());
  expect(JSON.stringify(await fork.getItems()).split(SECRET).length).toBeGreaterThan(7);
}

const keys = { keys: [randomBytes(32)], digestKey: randomBytes(32) };
const encryption = encryptWith(keys);

const SETTINGS: readonly (readonly [what: string, options: SessionOptions, isSeen: boolean])[] = [
  // That it looks in the right places.
  ['plain', { compression: false }, true],
  ['encrypted', { encryption, compression: false }, false],
  ['encrypted and compressed', { encryption, compression: true }, false],
];

describe.each(SETTINGS)('%s sessions', (_what, settings, isSeen) => {
  test('in the dump and the log of Redis', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'agent-sessions-dump-'));
    let server: RedisEngine | undefined;
    try {
      const args = [
        '--dir',
        dir,
        '--appendonly',
        'yes',
        '--rdbcompression',
        'no',
        '--aof-use-rdb-preamble',
        'no',
      ];
      server = await startRedis({ args });
      const client = await createClient({ url: server.url })
        .on('error', () => undefined)
        .connect();
      await storeSecrets((options) => new RedisSession({ client, ...settings, ...options }));
      await client.sendCommand(['SAVE']);
      client.destroy();
      const files = await readdir(dir, { recursive: true, withFileTypes: true });
      const contents = await Promise.all(
        files
          .filter((file) => file.isFile() && /\.(rdb|incr\.aof)$/.test(file.name))
          .map(async (file) => [file.name, await readFile(join(file.parentPath, file.name))] as const),
      );
      expect(contents.map(([name]) => name.split('.').at(-1)).sort()).toEqual(['aof', 'rdb']);
      for (const [, content] of contents) {
        expect(content.includes('chat')).toBe(true);
        expect(holdsSecret(content)).toBe(isSeen);
      }
    } finally {
      await server?.stop();
      await rm(dir, { recursive: true, force: true });
    }
  });

  test('in the rows of DynamoDB', async () => {
    const place = newPlace();
    const backend = await openBackend('dynamodb', place);
    const client = new DynamoDBClient(localClientConfig(process.env.DYNAMODB_ENDPOINT ?? ''));
    await storeSecrets((options) => backend.session({ ...settings, ...options }));
    const contents: Buffer[] = [];
    const asBytes = (_name: string, value: unknown): unknown => {
      if (!(value instanceof Uint8Array)) return value;
      contents.push(Buffer.from(value));
      return '';
    };
    for await (const { Items = [] } of paginateScan({ client }, { TableName: place, ConsistentRead: true })) {
      contents.push(Buffer.from(JSON.stringify(Items, asBytes)));
    }
    client.destroy();
    await backend.close();
    expect(contents.some((content) => content.includes('chat'))).toBe(true);
    expect(contents.some(holdsSecret)).toBe(isSeen);
  });
});

describe.each(DURABLE)('on %s', (name) => {
  const backend = useBackend(name);
  const WRITERS = 3;
  const WRITES = 6;

  /** Each writer adds its items one by one, while `meanwhile` changes how the session is stored. */
  async function contend(
    sessionId: string,
    encryptions: readonly SessionOptions['encryption'][],
    meanwhile: () => Promise<unknown>,
  ): Promise<void> {
    const writers = encryptions.map(async (each, writer) => {
      const session = backend().session({ sessionId, encryption: each });
      for (let index = 0; index < WRITES; index++) await session.addItems([message(`${writer} ${index}`)]);
    });
    await Promise.all([...writers, meanwhile()]);
  }

  /** Every item of every writer once, and each writer's in order. */
  async function expectAll(session: StoredSession): Promise<void> {
    const items = await session.getItems();
    const contents = items.map((item) => (item as { content: string }).content);
    for (let writer = 0; writer < WRITERS; writer++) {
      const expected = Array.from({ length: WRITES }, (_, index) => `${writer} ${index}`);
      expect(contents.filter((content) => content.startsWith(`${writer} `))).toEqual(expected);
    }
    expect(contents).toHaveLength(WRITERS * WRITES);
  }

  test('keys are rotated under writers with either key, and then the older one is not needed', async () => {
    const sessionId = globalThis.crypto.randomUUID();
    const newest = randomBytes(32);
    const early = encryptWith({ ...keys, keys: [...keys.keys, newest] });
    const late = encryptWith({ ...keys, keys: [newest, ...keys.keys] });
    const session = backend().session({ sessionId, encryption: late });
    await contend(sessionId, [early, late, early], () => session.reencrypt());
    await session.reencrypt();
    expect(await session.reencrypt()).toBe(0);
    const last = encryptWith({ ...keys, keys: [newest] });
    await expectAll(backend().session({ sessionId, encryption: last }));
  });

  test('plaintext goes over to encryption under writers of both', async () => {
    const sessionId = globalThis.crypto.randomUUID();
    const [first, second] = (['write', 'read'] as const).map((plaintext) =>
      encryptWith({ ...keys, plaintext }),
    );
    const session = backend().session({ sessionId, encryption: second });
    await contend(sessionId, [undefined, first, second], () => session.reencrypt());
    await session.reencrypt();
    expect(await session.reencrypt()).toBe(0);
    await expectAll(backend().session({ sessionId, encryption }));
  });
});

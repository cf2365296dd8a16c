import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { localClientConfig, startDynamoDB } from '@agent-sessions/engines';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SessionError } from '@agent-sessions/session-core';
import { createTableIfNotExists, DynamoDBSession, DynamoDBStore } from '../src';
import { failure as failureOf } from './support/failure';
import { intercept, measure, refusal } from './support/requests';
import { append, commit, large, newId, recordsOf, tryCommit } from './support/store';
import { newClient, TestTable } from './support/table';

const table = new TestTable();
const SECRET = 'conspicuous';

beforeAll(() => table.create());
afterAll(() => table.drop());

/** Every verb of a store, as one that fails. */
function verbs(store: DynamoDBStore): (() => Promise<unknown>)[] {
  const id = newId();
  return [
    () => store.read(id),
    () => append(store, id, SECRET),
    () => append(store, id, large(SECRET, 900_000)),
    () => store.clear(id),
  ];
}

/** And nothing of it shows what was to be stored. */
async function failure(action: () => Promise<unknown>): Promise<SessionError> {
  const error = await failureOf(action);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
  return error;
}

test('a missing table: STORE_MISCONFIGURED says how to make it', async () => {
  const store = new DynamoDBStore({ client: table.client, tableName: 'no-such-table' });
  for (const verb of verbs(store)) {
    expect(await failure(verb)).toMatchObject({
      code: 'STORE_MISCONFIGURED',
      message: expect.stringMatching(/no-such-table.*createTableIfNotExists/) as string,
      cause: { name: 'ResourceNotFoundException' },
    });
  }
});

test('a server that is down: STORE_UNAVAILABLE, in bounded time', async () => {
  const server = await listen();
  const { port } = server.address() as { port: number };
  await close(server);
  const client = new DynamoDBClient(localClientConfig(`http://127.0.0.1:${port}`));
  const store = new DynamoDBStore({ client, tableName: 'sessions', timeoutMs: 300 });
  for (const verb of verbs(store)) {
    expect(await failure(verb)).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/is the region, or the endpoint, of the client right/) as string,
      cause: { message: expect.stringContaining('ECONNREFUSED') as string },
    });
  }
  expect(await failure(() => createTableIfNotExists(client, 'sessions', { timeoutMs: 300 }))).toMatchObject({
    code: expect.stringMatching(/^(STORE_UNAVAILABLE|TIMEOUT)$/) as string,
  });
  client.destroy();
});

test('a server that never answers: TIMEOUT', async () => {
  const server = await listen();
  const { port } = server.address() as { port: number };
  const client = new DynamoDBClient(localClientConfig(`http://127.0.0.1:${port}`));
  const store = new DynamoDBStore({ client, tableName: 'sessions', timeoutMs: 100 });
  for (const verb of verbs(store)) expect((await failure(verb)).code).toBe('TIMEOUT');
  client.destroy();
  await close(server);
});

test('a server that dies and comes back: the commit goes in once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sessions-'));
  const dbPath = join(folder, 'dynamodb.sqlite');
  const engine = await startDynamoDB({ dbPath });
  const client = new DynamoDBClient(localClientConfig(engine.endpoint));
  await createTableIfNotExists(client, 'sessions');
  const store = new DynamoDBStore({ client, tableName: 'sessions', timeoutMs: 20_000 });
  const id = newId();
  await append(store, id, 'a');
  await engine.stop();
  const pending = append(store, id, 'b');
  const again = await startDynamoDB({ port: engine.port, dbPath });
  await pending;
  expect(await recordsOf(store, id)).toEqual(['a', 'b']);
  client.destroy();
  await again.stop();
  await rm(folder, { recursive: true });
}, 30_000);

describe('a signal', () => {
  test('that has aborted refuses every call before any request', async () => {
    const reason = new Error('enough');
    const store = new DynamoDBStore({
      client: table.client,
      tableName: table.name,
      signal: AbortSignal.abort(reason),
    });
    const { requests } = await measure(table.client, async () => {
      for (const verb of verbs(store)) {
        expect(await failure(verb)).toMatchObject({ code: 'ABORTED', cause: reason });
      }
    });
    expect(requests).toEqual([]);
  });

  test('that aborts reaches the driver', async () => {
    const server = await listen();
    const { port } = server.address() as { port: number };
    const client = new DynamoDBClient(localClientConfig(`http://127.0.0.1:${port}`));
    for (const index of [0, 1, 2, 3]) {
      const stop = new AbortController();
      const store = new DynamoDBStore({ client, tableName: 'sessions', signal: stop.signal });
      const connected = new Promise((resolve) => server.once('connection', resolve));
      const closed = connected.then(
        (socket) => new Promise((resolve) => (socket as Server).once('close', resolve)),
      );
      const failed = failure(verbs(store)[index] as () => Promise<unknown>);
      await connected;
      stop.abort();
      expect((await failed).code).toBe('ABORTED');
      await closed;
    }
    client.destroy();
    await close(server);
  });

  test('that aborts leaves "done" or "not done"', async () => {
    const id = newId();
    const client = newClient();
    const stop = new AbortController();
    const store = new DynamoDBStore({ client, tableName: table.name, signal: stop.signal });
    await append(store, id, 'a');
    intercept(client, async (_, send) => {
      const answer = await send();
      stop.abort();
      return answer;
    });
    expect((await failure(() => append(store, id, large('b', 900_000)))).code).toBe('ABORTED');
    expect(await recordsOf(new DynamoDBStore({ client: table.client, tableName: table.name }), id)).toEqual([
      'a',
    ]);
    client.destroy();
  });
});

describe('a refusal for good', () => {
  test.each([
    ['AccessDeniedException', 'ACCESS_DENIED'],
    ['UnrecognizedClientException', 'ACCESS_DENIED'],
    ['InvalidSignatureException', 'ACCESS_DENIED'],
    ['ExpiredTokenException', 'ACCESS_DENIED'],
    ['ResourceNotFoundException', 'STORE_MISCONFIGURED'],
    ['ItemCollectionSizeLimitExceededException', 'STORE_FAILURE'],
    ['TypeError', 'STORE_FAILURE'],
  ])('%s is %s at the first try', async (name, code) => {
    const client = newClient();
    const error = refusal(name);
    let requests = 0;
    intercept(client, () => {
      requests++;
      return Promise.reject(error);
    });
    const store = new DynamoDBStore({ client, tableName: table.name });
    for (const verb of verbs(store)) {
      requests = 0;
      expect(await failure(verb)).toMatchObject({ code, cause: error });
      expect(requests).toBe(1);
    }
  });

  test('of the clean-up alone: a commit succeeds, a clear says so', async () => {
    const id = newId();
    const client = newClient();
    const store = new DynamoDBStore({ client, tableName: table.name });
    await append(store, id, 'a');
    intercept(client, ({ name }, send) =>
      name === 'BatchWriteItem' ? Promise.reject(refusal('AccessDeniedException')) : send(),
    );
    await commit(store, id, { drop: 'all', append: ['b'] });
    expect(await recordsOf(store, id)).toEqual(['b']);
    expect((await failure(() => store.clear(id))).code).toBe('ACCESS_DENIED');
    expect(await recordsOf(store, id)).toEqual([]);
  });
});

test('a condition that fails shows nothing of the row that is there', async () => {
  const id = newId();
  const store = new DynamoDBStore({ client: table.client, tableName: table.name, timeoutMs: 150 });
  const other = new DynamoDBStore({ client: table.client, tableName: table.name });
  const revision = await append(store, id, SECRET);
  const client = newClient();
  intercept(client, async ({ name }, send) => {
    if (name === 'PutItem') await append(other, id, SECRET);
    return send();
  });
  const contended = new DynamoDBStore({ client, tableName: table.name, timeoutMs: 150 });
  await failure(() => append(contended, id, SECRET));
  await failure(() => contended.clear(id));
  expect(await tryCommit(store, id, { append: [SECRET], ifRevision: revision })).toEqual({
    status: 'conflict',
  });
  client.destroy();
});

test('wrong options are refused', () => {
  const { client } = table;
  const open =
    (options: Record<string, unknown>): (() => DynamoDBSession) =>
    () =>
      new DynamoDBSession({ client, tableName: table.name, ...options });
  for (const options of [
    { client: undefined },
    { client: null },
    { client: {} },
    { tableName: undefined },
    { tableName: '' },
    { tableName: 'a table' },
    { tableName: 'x'.repeat(256) },
    { ttlSeconds: 0 },
    { ttlSeconds: '60' },
    { timeoutMs: 0 },
    { timeoutMs: 30 * 60_000 + 1 },
    { signal: {} },
    { sessionId: '' },
    { sessionId: 'x'.repeat(2_049) },
  ]) {
    expect(open(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error);
  }
  expect(open({ tableName: 'arn:aws:dynamodb:eu-west-1:123456789012:table/sessions' })).not.toThrow();
});

/** A TCP server that takes connections and never answers. */
async function listen(): Promise<Server> {
  const server = createServer();
  const sockets = new Set<{ destroy(): unknown }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).resume();
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('stop', () => {
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function close(server: Server): Promise<void> {
  server.emit('stop');
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

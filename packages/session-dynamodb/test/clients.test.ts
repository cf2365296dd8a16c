import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { localClientConfig, startFaultProxy, type FaultProxy } from '@agent-sessions/engines';
import { conformanceCases } from '@agent-sessions/session-core/testing';
import type { AgentInputItem, Session } from '@openai/agents';
import type * as Client from '@aws-sdk/client-dynamodb';
import type * as Lib from '@aws-sdk/lib-dynamodb';
import { DynamoDB, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocument, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createTableIfNotExists, DynamoDBSession, type DynamoDBSessionClient } from '../src';
import { byFetch } from './support/byFetch';
import { failure } from './support/failure';
import { append, commit, newId, recordsOf } from './support/store';
import { TestTable, useEveryRequest } from './support/table';

/*
 * What serves as a client, on the newest version of the AWS SDK and on the oldest of the peer range: jest.config.cjs. The
 * whole kit runs on two of them: conformance.test.ts, policy.test.ts. That each fits without a cast is checked by the compiler.
 */

const MARSHALLING = {
  marshallOptions: { convertEmptyValues: true, removeUndefinedValues: true, convertTopLevelContainer: true },
  unmarshallOptions: { wrapNumbers: true, convertWithoutMapWrapper: true },
};

/** As where a bundle or a dependency brings one along: no class of it is one of ours. */
function ofAnotherCopy(config: DynamoDBClientConfig): DynamoDBDocumentClient {
  const made: DynamoDBDocumentClient[] = [];
  jest.isolateModules(() => {
    const client = jest.requireActual<typeof Client>('@aws-sdk/client-dynamodb');
    const lib = jest.requireActual<typeof Lib>('@aws-sdk/lib-dynamodb');
    expect(client.DynamoDBClient).not.toBe(DynamoDBClient);
    made.push(lib.DynamoDBDocumentClient.from(new client.DynamoDBClient(config)));
  });
  return made[0] as DynamoDBDocumentClient;
}

type Make = (config: DynamoDBClientConfig) => DynamoDBSessionClient & { destroy(): void };

const CLIENTS: Record<string, Make> = {
  DynamoDBClient: (config) => new DynamoDBClient(config),
  DynamoDB: (config) => new DynamoDB(config),
  DynamoDBDocumentClient: (config) => DynamoDBDocumentClient.from(new DynamoDBClient(config)),
  'DynamoDBDocumentClient with options of its own': (config) =>
    DynamoDBDocumentClient.from(new DynamoDBClient(config), MARSHALLING),
  'DynamoDBDocumentClient of another copy of the SDK': ofAnotherCopy,
  DynamoDBDocument: (config) => DynamoDBDocument.from(new DynamoDB(config)),
  'DynamoDBClient by fetch': (config) => new DynamoDBClient({ ...config, ...byFetch }),
};

const ESSENTIAL = /^(retrying|session|transactions): /;

const table = new TestTable();
const message = (content: string): AgentInputItem => ({ role: 'user', content });
let proxy: FaultProxy;

beforeAll(async () => {
  await table.create();
  const { hostname, port } = new URL(process.env.DYNAMODB_ENDPOINT ?? '');
  proxy = await startFaultProxy({ host: hostname, port: Number(port) });
});
afterAll(async () => {
  await proxy.stop();
  await table.drop();
});

test('the SDK is the one that the run is on', () => {
  const manifestOf = (file: string) =>
    JSON.parse(readFileSync(file, 'utf8')) as { version: string; peerDependencies?: Record<string, string> };
  const root = dirname(require.resolve('@aws-sdk/client-dynamodb'));
  const { version } = manifestOf(join(root, '../package.json'));
  const { peerDependencies = {} } = manifestOf(join(__dirname, '../package.json'));
  expect(peerDependencies['@aws-sdk/lib-dynamodb']).toBe(peerDependencies['@aws-sdk/client-dynamodb']);
  const oldest = peerDependencies['@aws-sdk/client-dynamodb']?.replace('^', '');
  expect(version === oldest).toBe(Boolean((globalThis as { onOldestSdk?: boolean }).onOldestSdk));
});

describe.each(Object.entries(CLIENTS))('%s', (_, make) => {
  let client: ReturnType<Make>;
  let faulty: ReturnType<Make>;

  beforeAll(() => {
    client = make(localClientConfig(process.env.DYNAMODB_ENDPOINT ?? ''));
    // Without the retries of the SDK, so that ours are seen.
    faulty = make({ ...localClientConfig(`http://${proxy.host}:${proxy.port}`), maxAttempts: 1 });
  });
  beforeEach(() => {
    proxy.plan = () => undefined;
  });
  afterAll(() => {
    client.destroy();
    faulty.destroy();
  });

  const cases = conformanceCases({
    createStore: (options) => table.open({ ...options, client }),
    contains: (sessionId, text) => table.contains(sessionId, text),
    elapse: 'never expires',
  });
  for (const { name, run } of cases.filter(({ name }) => ESSENTIAL.test(name))) test(name, run);

  test('has nothing of a session in its log', async () => {
    const logged: unknown[] = [];
    const log = (...content: unknown[]): void => void logged.push(...content);
    const logger = { trace: log, debug: log, info: log, warn: log, error: log };
    const talkative = make({ ...localClientConfig(process.env.DYNAMODB_ENDPOINT ?? ''), logger });
    await useEveryRequest(table, table.open({ client: talkative }));
    const sessionId = newId();
    await append(table.open({ client: talkative }), sessionId, 'conspicuous');
    const stores = [table.open({ client: talkative }), table.open({ client: talkative })];
    for (const store of stores) expect(await recordsOf(store, sessionId)).toEqual(['conspicuous']);
    const lastSeen = (await table.open().read(sessionId)).revision;
    // The second one is refused, and told what the first one put.
    for (const store of stores) await commit(store, sessionId, { append: ['conspicuous'], lastSeen });
    expect(JSON.stringify(logged)).toContain('ConditionalCheckFailedException');
    expect(logged.length).toBeGreaterThan(0);
    expect(inspect(logged, { depth: 9, maxArrayLength: null })).not.toMatch(/conspicuous|xxxx/);
    expect(JSON.stringify(logged)).not.toMatch(/conspicuous|xxxx/);
    talkative.destroy();
  });

  test('serves a session', async () => {
    const sessionId = newId();
    const session: Session = new DynamoDBSession({ sessionId, client, tableName: table.name });
    await session.addItems([message('a'), message(''), message('c')]);
    expect(await session.popItem()).toEqual(message('c'));
    const other = new DynamoDBSession({ sessionId, client: table.client, tableName: table.name });
    expect(await other.getItems()).toEqual([message('a'), message('')]);
    await session.clearSession();
    expect(await other.getItems()).toEqual([]);
    expect(await createTableIfNotExists(client, table.name)).toMatchObject({ created: false });
  });

  test.each(['cut', 'swallow', 'cut-answer'] as const)(
    'what is lost (%s) is sent again, and lands once',
    async (fault) => {
      let requests = 0;
      // A large request comes in several chunks.
      proxy.plan = (chunk) => (chunk.includes('POST / HTTP') && ++requests % 2 === 1 ? fault : undefined);
      await useEveryRequest(table, table.open({ client: faulty }));
      expect(requests).toBeGreaterThan(20);
    },
  );

  test('its failures have their codes', async () => {
    const id = newId();
    await append(table.open(), id, 'a');
    const missing = table.open({ client, tableName: 'no-such-table' });
    expect(await failure(() => missing.read(id))).toMatchObject({
      code: 'STORE_MISCONFIGURED',
      cause: { name: 'ResourceNotFoundException' },
    });
    proxy.plan = () => 'cut';
    const cut = table.open({ client: faulty, timeoutMs: 500 });
    expect((await failure(() => append(cut, id, 'b'))).code).toBe('STORE_UNAVAILABLE');
    proxy.plan = () => 'hang';
    const hanging = table.open({ client: faulty, timeoutMs: 150 });
    expect((await failure(() => hanging.read(id))).code).toBe('TIMEOUT');
    const controller = new AbortController();
    proxy.plan = () => {
      controller.abort();
      return 'hang';
    };
    const aborted = table.open({ client: faulty, signal: controller.signal });
    expect((await failure(() => aborted.read(id))).code).toBe('ABORTED');
    proxy.cutAll();
    expect(await recordsOf(table.open(), id)).toEqual(['a']);
  });
});

describe('what is no client', () => {
  // As instances of the version 2 of the SDK are, as far as a session looks.
  const version2 = { makeRequest: () => undefined, config: {} };
  const s3 = { send: () => Promise.resolve(), config: { serviceId: 'S3' } };

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'client has no method send'],
    ['null', null, 'client has no method send'],
    ['the options of one', { region: 'eu-west-1' }, 'client has no method send'],
    ['a DynamoDB of version 2', version2, 'client is of version 2 of the AWS SDK'],
    ['a DocumentClient of version 2', { service: version2 }, 'client is of version 2 of the AWS SDK'],
    ['a client of another service', s3, 'client is one of S3, and not of DynamoDB'],
  ])('(%s) is refused, with what to pass instead', async (_, wrong, words) => {
    const client = wrong as DynamoDBSessionClient;
    const refused = {
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(new RegExp(`^${words}.*pass a DynamoDBClient`)) as string,
    };
    expect(() => new DynamoDBSession({ client, tableName: table.name })).toThrow(
      expect.objectContaining(refused) as Error,
    );
    expect(await failure(() => createTableIfNotExists(client, table.name))).toMatchObject(refused);
  });

  test('does not compile', () => {
    // @ts-expect-error: no `send`
    expect(() => new DynamoDBSession({ client: { config: {} }, tableName: table.name })).toThrow();
    const callbacks = { send: (callback: () => void) => callback() };
    // @ts-expect-error: a `send` of other things, as requests of version 2 have it
    const other: DynamoDBSessionClient = callbacks;
    expect(other).toBe(callbacks);
  });
});

import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { startFaultProxy, type FaultProxy } from '@agent-sessions/engines';
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTableIfNotExists, type DynamoDBStore, type DynamoDBStoreOptions } from '../src';
import { startAnsweringProxy, type AnsweringProxy, type OddAnswer } from './support/answeringProxy';
import { byFetch } from './support/byFetch';
import { failure } from './support/failure';
import { connectionReset, intercept, measure, refusal } from './support/requests';
import { append, newId, recordsOf } from './support/store';
import { newClient, TestTable, useEveryRequest } from './support/table';

/*
 * What is an answer of DynamoDB, and what is none. Where no engine gives an answer, a proxy or a middleware in front of the
 * engine does.
 */

const table = new TestTable();
const SECRET = 'conspicuous';
const clients: DynamoDBClient[] = [];
let answering: AnsweringProxy;
let faulty: FaultProxy;

beforeAll(async () => {
  await table.create();
  answering = await startAnsweringProxy();
  const { hostname, port } = new URL(process.env.DYNAMODB_ENDPOINT ?? '');
  faulty = await startFaultProxy({ host: hostname, port: Number(port) });
});
beforeEach(() => {
  answering.plan = () => undefined;
  faulty.plan = () => undefined;
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await answering.stop();
  await faulty.stop();
  await table.drop();
});

/** A client without the retries of the SDK, so that ours are seen. */
function clientOf(options: ConstructorParameters<typeof DynamoDBClient>[0]): DynamoDBClient {
  const client = newClient({ maxAttempts: 1, ...options });
  clients.push(client);
  return client;
}

const byAnswering = (): DynamoDBClient => clientOf({ endpoint: answering.endpoint });
const byFaulty = (options = {}): DynamoDBClient =>
  clientOf({ endpoint: `http://${faulty.host}:${faulty.port}`, ...options });

const open = (client: DynamoDBClient, options: Partial<DynamoDBStoreOptions> = {}): DynamoDBStore =>
  table.open({ client, ...options });

const useAll = (store: DynamoDBStore): Promise<void> => useEveryRequest(table, store);

const ODD: [string, Omit<OddAnswer, 'acts'>][] = [
  ['200 with an empty body', { status: 200, body: '' }],
  ['200 {}', { status: 200, body: '{}' }],
  ['200 null', { status: 200, body: 'null' }],
  ['200 with a page of a portal', { status: 200, body: '<html>log in first</html>' }],
  ['204', { status: 204, body: '' }],
  ['302', { status: 302, body: '' }],
  ['400 with an empty body', { status: 400, body: '' }],
  ['403 of a firewall', { status: 403, body: '{"message":"Forbidden"}' }],
  ['502 of a load balancer', { status: 502, body: '<html>Bad Gateway</html>' }],
  ['504 with an empty body', { status: 504, body: '' }],
];

describe.each(ODD)('%s', (_, odd) => {
  test.each([true, false])('is no answer: the request is sent again (DynamoDB acts: %p)', async (acts) => {
    let requests = 0;
    answering.plan = () => (++requests % 2 === 1 ? { ...odd, acts } : undefined);
    await useAll(open(byAnswering()));
    expect(requests).toBeGreaterThan(20);
  });

  test('at every try: STORE_UNAVAILABLE, never an empty history', async () => {
    const id = newId();
    await append(table.open(), id, 'a');
    answering.plan = () => ({ ...odd, acts: false });
    const store = open(byAnswering(), { timeoutMs: 150 });
    for (const action of [() => store.read(id), () => append(store, id, 'b'), () => store.clear(id)]) {
      expect((await failure(action)).code).toBe('STORE_UNAVAILABLE');
    }
    expect(await recordsOf(table.open(), id)).toEqual(['a']);
  });

  test('about a table: it is neither there nor missing', async () => {
    const name = `missing-${newId()}`;
    answering.plan = () => ({ ...odd, acts: false });
    const error = await failure(() => createTableIfNotExists(byAnswering(), name, { timeoutMs: 150 }));
    expect(error.code).toBe('STORE_UNAVAILABLE');

    const seen = new Set<string>();
    answering.plan = (operation) => {
      if (seen.has(operation)) return undefined;
      seen.add(operation);
      return { ...odd, acts: true };
    };
    expect(await createTableIfNotExists(byAnswering(), name, { enableTtl: true })).toEqual({
      created: true,
      ttlAttribute: 'ttl',
    });
    expect([...seen].sort()).toEqual([
      'CreateTable',
      'DescribeTable',
      'DescribeTimeToLive',
      'UpdateTimeToLive',
    ]);
  });
});

describe('an error that is no answer', () => {
  const errors: [string, () => Error][] = [
    ...['EPROTO', 'ENETDOWN', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'EMFILE', 'EAI_FAIL', 'UND_ERR_SOCKET'].map(
      (code) => [code, () => Object.assign(new Error(code), { code })] as [string, () => Error],
    ),
    ['ERR_HTTP2_STREAM_ERROR', () => Object.assign(new Error('x'), { code: 'ERR_HTTP2_STREAM_ERROR' })],
    ['fetch failed', () => new TypeError('fetch failed', { cause: new Error('other side closed') })],
    ['an abort by somebody else', () => Object.assign(new Error('x'), { name: 'AbortError' })],
    ['without a code', () => new Error('something happened')],
  ];

  test.each(errors)('(%s) means that the request is sent again, and lands once', async (_, error) => {
    const client = byFaulty();
    let requests = 0;
    intercept(client, async (_request, send) => {
      const answer = await send();
      if (++requests % 2 === 1) throw error();
      return answer;
    });
    await useAll(open(client));
  });

  test.each(errors)('(%s) at every try: STORE_UNAVAILABLE, though the change is in', async (_, error) => {
    const id = newId();
    const client = byFaulty();
    intercept(client, async (_request, send) => {
      await send();
      throw error();
    });
    await append(table.open(), id, 'a');
    const store = open(client, { timeoutMs: 150 });
    expect((await failure(() => store.clear(id))).code).toBe('STORE_UNAVAILABLE');
    expect((await failure(() => append(store, id, 'b'))).code).toBe('STORE_UNAVAILABLE');
  });

  test.each(['cut', 'cut-request', 'swallow', 'cut-answer'] as const)(
    'of fetch, where the connection breaks (%s)',
    async (fault) => {
      let requests = 0;
      // A large request comes in several chunks.
      faulty.plan = (chunk) => (chunk.includes('POST / HTTP') && ++requests % 2 === 1 ? fault : undefined);
      await useAll(open(byFaulty(byFetch)));
      expect(faulty.counts.get(fault)).toBeGreaterThan(0);
    },
  );
});

describe('credentials', () => {
  const local = { accessKeyId: 'local', secretAccessKey: 'local' };

  test('that cannot be had once are asked for again', async () => {
    let asked = 0;
    const credentials = async () => {
      if (++asked === 1) throw new Error('the metadata service is busy');
      return Promise.resolve(local);
    };
    await useAll(open(clientOf({ credentials })));
    expect(asked).toBeGreaterThan(1);
  });

  test('that cannot be had at all: ACCESS_DENIED', async () => {
    const credentials = () =>
      Promise.reject(Object.assign(new Error('no provider'), { name: 'CredentialsProviderError' }));
    const store = open(clientOf({ credentials }), { timeoutMs: 1_000 });
    expect(await failure(() => append(store, newId(), 'a'))).toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringMatching(/no credentials.*AWS_PROFILE/) as string,
    });
  });

  test('that DynamoDB takes for expired, after the process was suspended: it is sent again', async () => {
    const body =
      '{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Signature expired: …"}';
    let requests = 0;
    answering.plan = () => (++requests % 2 === 1 ? { status: 400, body, acts: false } : undefined);
    await useAll(open(byAnswering()));
    answering.plan = () => ({ status: 400, body, acts: false });
    const store = open(byAnswering(), { timeoutMs: 1_000 });
    expect(await failure(() => append(store, newId(), 'a'))).toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('clock') as string,
    });
  });
});

describe('a refusal for good', () => {
  test('says that nothing changed only where every try of the request had an answer', async () => {
    const denial = {
      status: 400,
      body: '{"__type":"com.amazon.coral.service#AccessDeniedException"}',
      acts: false,
    };
    for (const lost of [
      { status: 200, body: '', acts: true },
      { status: 500, body: '{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}', acts: true },
    ]) {
      const id = newId();
      let puts = 0;
      answering.plan = (operation) =>
        operation !== 'PutItem' ? undefined : ++puts === 1 ? lost : { ...denial };
      const error = await failure(() => append(open(byAnswering()), id, 'a'));
      expect(error).toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: 'DynamoDB gave no answer to one try of a request, and to another AccessDeniedException',
      });
      expect(await recordsOf(table.open(), id)).toEqual(['a']);

      let queries = 0;
      answering.plan = (operation) =>
        operation !== 'Query' ? undefined : ++queries === 1 ? lost : { ...denial };
      expect((await failure(() => open(byAnswering()).read(id))).code).toBe('ACCESS_DENIED');
    }
  });

  test('is a bug: it is not sent again', async () => {
    const client = byFaulty();
    const { requests } = await measure(client, async () => {
      intercept(client, () => Promise.reject(new TypeError('x is not a function')));
      expect((await failure(() => append(open(client), newId(), 'a'))).code).toBe('STORE_FAILURE');
    });
    expect(requests).toEqual(['Query']);
  });

  test('is a client without a region, with half an endpoint, or of another copy of the SDK: STORE_MISCONFIGURED says so', async () => {
    const lost = clientOf({ region: () => Promise.reject<string>(new Error('Region is missing')) });
    // What a client of version 3.705 does with a command of 3.1164.
    const old = byFaulty();
    old.middlewareStack.addRelativeTo((next: unknown) => next as never, {
      relation: 'before',
      toMiddleware: 'serializerMiddlewareOfAnotherVersion',
    });
    for (const [client, words] of [
      [lost, 'has no region: set AWS_REGION'],
      [clientOf({ endpoint: '127.0.0.1:8000' }), 'no URL: it is like http://'],
      [old, 'another copy of @aws-sdk/client-dynamodb'],
    ] as const) {
      expect(await failure(() => append(open(client), newId(), 'a'))).toMatchObject({
        code: 'STORE_MISCONFIGURED',
        message: expect.stringContaining(words) as string,
      });
    }
  });
});

describe('a try that hangs', () => {
  test('is given up after its share of the time, on another connection', async () => {
    for (const [operation, verb] of [
      ['Query', (store: DynamoDBStore, id: string) => store.read(id)],
      ['PutItem', (store: DynamoDBStore, id: string) => append(store, id, 'b')],
    ] as const) {
      const id = newId();
      await append(table.open(), id, 'a');
      let met = 0;
      faulty.plan = (request) => (request.includes(operation) && ++met === 1 ? 'hang' : undefined);
      await verb(open(byFaulty(), { timeoutMs: 6_000 }), id);
      expect(met).toBe(2);
    }
  });

  test('gets more time when it is tried again: a slow connection gets there', async () => {
    const id = newId();
    faulty.plan = (request) => (request.includes('PutItem') ? { delayMs: 1_200 } : undefined);
    await append(open(byFaulty(), { timeoutMs: 6_000 }), id, 'a');
    expect(await recordsOf(table.open(), id)).toEqual(['a']);
  });

  test('at every try: TIMEOUT, of the whole call', async () => {
    faulty.plan = () => 'hang';
    const store = open(byFaulty(), { timeoutMs: 1_500 });
    const id = newId();
    expect(await failure(() => store.read(id))).toMatchObject({
      code: 'TIMEOUT',
      message: 'no answer within 1500 ms',
    });
    expect(await failure(() => append(store, id, 'a'))).toMatchObject({
      code: 'TIMEOUT',
      message: 'no answer within 1500 ms; a change may or may not have been made',
    });
    expect(
      await failure(() => createTableIfNotExists(byFaulty(), table.name, { timeoutMs: 1_500 })),
    ).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('1500 ms') as string });
  });

  test('about a table is given up as well', async () => {
    let met = 0;
    faulty.plan = () => (++met === 1 ? 'hang' : undefined);
    expect(await createTableIfNotExists(byFaulty(), table.name, { timeoutMs: 6_000 })).toMatchObject({
      created: false,
    });
    expect(met).toBeGreaterThan(1);
  });
});

describe('a signal', () => {
  test('for many calls at once has one listener, and none afterwards', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    faulty.plan = () => 'hang';
    const store = open(byFaulty(), { signal });
    const calls = Array.from({ length: 30 }, () => failure(() => store.read(newId())));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    controller.abort();
    for (const { code, message } of await Promise.all(calls)) {
      expect({ code, message }).toEqual({ code: 'ABORTED', message: 'aborted by the signal' });
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    faulty.cutAll();
  });

  test('that has aborted: the error says that nothing was sent', async () => {
    const store = open(byFaulty(), { signal: AbortSignal.abort() });
    for (const action of [() => store.read('a'), () => append(store, 'a', 'a'), () => store.clear('a')]) {
      expect((await failure(action)).message).toBe('aborted by the signal; nothing was sent');
    }
  });

  test.each(['http', 'fetch'])(
    'that the SDK is handed (%s) gathers no listeners over many tries',
    async (by) => {
      const random = jest.spyOn(Math, 'random').mockReturnValue(0);
      const client = byFaulty(by === 'fetch' ? byFetch : {});
      const { requestHandler } = client.config;
      const handle = requestHandler.handle.bind(requestHandler);
      let most = 0;
      requestHandler.handle = async (request, options) => {
        const answer = handle(request, options);
        const listeners = getEventListeners((options as { abortSignal: AbortSignal }).abortSignal, 'abort');
        most = Math.max(most, listeners.length);
        return answer;
      };
      let requests = 0;
      intercept(client, async (_request, send) => {
        const answer = await send();
        if (++requests < 60) throw connectionReset();
        return answer;
      });
      await append(open(client), newId(), 'a');
      random.mockRestore();
      expect(requests).toBeGreaterThan(60);
      expect(most).toBeLessThanOrEqual(2);
    },
  );
});

describe('the cause of an error', () => {
  const TOKEN = 'token-of-the-session';
  const credentials = { accessKeyId: 'local', secretAccessKey: 'key-of-the-session', sessionToken: TOKEN };
  const content = `{"Items":[{"records":{"L":[{"S":"${SECRET}"}]}`;

  const cases: [string, () => DynamoDBClient, () => void, string][] = [
    [
      'a refusal',
      () => clientOf({ endpoint: answering.endpoint, credentials }),
      () => {
        answering.plan = () => ({
          status: 400,
          body: '{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no table"}',
          acts: false,
        });
      },
      'ResourceNotFoundException',
    ],
    [
      'an answer that cannot be parsed',
      () => clientOf({ endpoint: answering.endpoint, credentials }),
      () => {
        answering.plan = () => ({ status: 200, body: content, acts: false });
      },
      'SyntaxError',
    ],
    [
      'an answer that breaks off',
      () => byFaulty({ credentials }),
      () => {
        faulty.plan = () => 'cut-answer';
      },
      'Error',
    ],
    [
      'fetch',
      () => byFaulty({ credentials, ...byFetch }),
      () => {
        faulty.plan = () => 'cut';
      },
      // The wrapper that the SDK puts around an error of another realm, as under jest.
      'Error',
    ],
  ];

  test.each(cases)('(%s) holds neither credentials nor content', async (_, client, plan, name) => {
    const id = newId();
    await append(table.open(), id, SECRET);
    plan();
    const store = open(client(), { timeoutMs: 1_000 });
    for (const action of [() => store.read(id), () => append(store, id, SECRET)]) {
      const error = await failure(action);
      const text = inspect(error, { depth: Infinity, showHidden: true });
      for (const secret of [TOKEN, 'key-of-the-session', 'Signature=', SECRET, '$response']) {
        expect(text).not.toContain(secret);
      }
      expect((error.cause as Error).name).toBe(name);
      expect((error.cause as Error).stack).toContain('\n    at ');
    }
  });

  test('that the SDK tells its logger does not quote what could not be parsed', async () => {
    const logged: unknown[] = [];
    const log = (...content: unknown[]): void => void logged.push(...content);
    const logger = { trace: log, debug: log, info: log, warn: log, error: log };
    answering.plan = () => ({ status: 200, body: SECRET, acts: false });
    const client = clientOf({ endpoint: answering.endpoint, credentials, logger });
    await failure(() => open(client, { timeoutMs: 1_000 }).read(newId()));
    const text = inspect(logged, { depth: Infinity, maxArrayLength: null });
    expect(text).toContain('QueryCommand');
    expect(text).not.toContain(SECRET.slice(0, 8));
  });

  test('keeps what tells what happened, and the error of the SDK stays as it was', async () => {
    const store = table.open({ client: clientOf({ credentials }), tableName: 'no-such-table' });
    const { cause } = await failure(() => store.read(newId()));
    const own: unknown = await clientOf({ credentials })
      .send(new DescribeTableCommand({ TableName: 'no-such-table' }))
      .catch((error: unknown) => error);
    expect(cause).toBeInstanceOf((own as Error).constructor);
    expect(cause).toMatchObject({
      name: 'ResourceNotFoundException',
      $fault: 'client',
      $metadata: { httpStatusCode: 400, attempts: 1, requestId: expect.any(String) as string },
    });

    const client = byFaulty();
    const original = Object.assign(refusal('AccessDeniedException'), {
      $response: { headers: { a: TOKEN } },
    });
    intercept(client, () => Promise.reject(original));
    const failed = await failure(() => append(open(client), newId(), 'a'));
    expect(failed.cause).not.toHaveProperty('$response');
    expect(original.$response.headers.a).toBe(TOKEN);
  });
});

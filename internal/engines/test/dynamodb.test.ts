import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDynamoDB, type DynamoDBEngine } from '../src';
import { isAlive, ownerOf, until } from './processes';

const started: DynamoDBEngine[] = [];
const start = async (...args: Parameters<typeof startDynamoDB>): Promise<DynamoDBEngine> => {
  const engine = await startDynamoDB(...args);
  started.push(engine);
  return engine;
};

const { DYNAMODB_ENDPOINT } = process.env;
beforeEach(() => delete process.env.DYNAMODB_ENDPOINT);
afterEach(async () => {
  if (DYNAMODB_ENDPOINT === undefined) delete process.env.DYNAMODB_ENDPOINT;
  else process.env.DYNAMODB_ENDPOINT = DYNAMODB_ENDPOINT;
  await Promise.all(started.splice(0).map((engine) => engine.stop()));
});

async function call(engine: DynamoDBEngine, action: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(engine.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${action}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=, Signature=',
      'x-amz-date': '20260101T000000Z',
    },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

const TABLE = {
  TableName: 'things',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
};

test('starts, answers, keeps to its own data, and is gone after stop', async () => {
  const [one, two] = await Promise.all([start(), start()]);
  await call(one, 'CreateTable', TABLE);
  expect(await call(one, 'ListTables', {})).toEqual({ TableNames: ['things'] });
  expect(await call(two, 'ListTables', {})).toEqual({ TableNames: [] });
  await one.stop();
  expect(isAlive(one.pid)).toBe(false);
  expect(isAlive(two.pid)).toBe(true);
});

test('a data file outlives the engine', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'agent-sessions-test-'));
  const dbPath = join(dir, 'data.db');
  const first = await start({ dbPath });
  await call(first, 'CreateTable', TABLE);
  await first.stop();
  const second = await start({ dbPath, port: first.port });
  expect(await call(second, 'ListTables', {})).toEqual({ TableNames: ['things'] });
  await second.stop();
  rmSync(dir, { recursive: true });
});

test('a taken port is an error with the output of the engine', async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toThrow(/in use/);
});

test('ends with its owner, even on SIGKILL', async () => {
  const { owner, pid, dir } = await ownerOf('dynamodb');
  expect(isAlive(pid)).toBe(true);
  owner.kill('SIGKILL');
  await until(() => !isAlive(pid) && !existsSync(dir));
});

test('DYNAMODB_ENDPOINT names the engine instead, and nothing is stopped', async () => {
  process.env.DYNAMODB_ENDPOINT = 'https://dynamodb.example';
  const engine = await start();
  expect(engine).toMatchObject({ endpoint: 'https://dynamodb.example', port: 443, pid: undefined });
  await engine.stop();
});

test('on a platform without an engine the error says which variable to set', async () => {
  const { platform } = process;
  const { PATH } = process.env;
  Object.defineProperty(process, 'platform', { value: 'aix' });
  process.env.PATH = '/nowhere';
  try {
    await expect(startDynamoDB()).rejects.toThrow(/docker compose.*DYNAMODB_ENDPOINT/);
  } finally {
    Object.defineProperty(process, 'platform', { value: platform });
    process.env.PATH = PATH;
  }
});

import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { findBinary, isExecutable } from './findBinary';
import { startServer } from './startServer';

export interface DynamoDBOptions {
  /** A fixed port, to start an engine again where one was killed. */
  readonly port?: number;
  /** Keeps the data in this file, so that it outlives the engine; omitted: in memory. */
  readonly dbPath?: string;
}

export interface DynamoDBEngine {
  readonly endpoint: string;
  readonly host: string;
  readonly port: number;
  /** Undefined for an engine that `DYNAMODB_ENDPOINT` names. */
  readonly pid: number | undefined;
  /** Stops what was started here; an engine that `DYNAMODB_ENDPOINT` names is left alone. */
  readonly stop: () => Promise<void>;
}

export const DYNAMODB_MISSING =
  'No DynamoDB engine for this platform. Start one (docker compose up -d dynamodb) and set ' +
  'DYNAMODB_ENDPOINT=http://127.0.0.1:8000, or set DYNAMODB_ENDPOINT to any other DynamoDB-compatible endpoint.';

/**
 * The engine that `DYNAMODB_ENDPOINT` names, otherwise one started here with nothing in it. Someone who passes options
 * needs an engine made to measure, and so always gets a new one.
 *
 * @throws when there is no engine to start, saying how to get one.
 */
export async function startDynamoDB(options?: DynamoDBOptions): Promise<DynamoDBEngine> {
  const named = process.env.DYNAMODB_ENDPOINT;
  if (named !== undefined && named !== '' && options === undefined) return namedEngine(named);
  const binary = findDynamoDB();
  if (binary === undefined) throw new Error(DYNAMODB_MISSING);
  const dbPath = options?.dbPath;
  const { port, server } = await startServer({
    binary: () => binary,
    port: options?.port,
    args: (port) => ['--port', `${port}`, ...(dbPath === undefined ? [] : ['--db-path', dbPath])],
    // The line in its own log tells it from another engine on a port that it failed to get.
    answers: async (port, server) => server.output().includes('listening on') && (await isHealthy(port)),
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    pid: server.pid,
    stop: () => server.stop(),
  };
}

/** What a DynamoDB client needs to talk to a local engine, which takes any credentials. */
export function localClientConfig(endpoint: string): {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
} {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
}

/** The binary that npm brought along where there is one for this platform, otherwise one on PATH. */
export function findDynamoDB(): string | undefined {
  try {
    const binary = join(
      dirname(require.resolve(`@dynoxide/${process.platform}-${process.arch}/package.json`)),
      'dynoxide',
    );
    if (isExecutable(binary)) return binary;
  } catch {
    // Not installed: an optional dependency, for Linux on x64 alone.
  }
  return findBinary('dynoxide');
}

function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function namedEngine(endpoint: string): DynamoDBEngine {
  const { hostname, port, protocol } = new URL(endpoint);
  return {
    endpoint,
    host: hostname,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    pid: undefined,
    stop: () => Promise.resolve(),
  };
}

import { localClientConfig } from '@agent-sessions/engines';
import { MemoryStore, StoredSession, type SessionOptions } from '@agent-sessions/session-core';
import { createTableIfNotExists, DynamoDBSession } from '@agent-sessions/session-dynamodb';
import { RedisSession } from '@agent-sessions/session-redis';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createClient } from 'redis';

interface BackendSessionOptions extends SessionOptions {
  readonly ttlSeconds?: number;
  readonly timeoutMs?: number;
}

/** One kind of session on one real engine, in a place of its own. */
export interface Backend {
  session(options?: BackendSessionOptions): StoredSession;
  close(): Promise<void>;
}

export type BackendName = 'memory' | 'redis' | 'dynamodb';

/** The backends that several processes can share. */
export const DURABLE: readonly BackendName[] = ['redis', 'dynamodb'];
export const ALL: readonly BackendName[] = ['memory', ...DURABLE];

/**
 * Opens a backend on the engine that `REDIS_URL` or `DYNAMODB_ENDPOINT` names. Processes that pass the same `place` share
 * their sessions.
 */
export async function openBackend(name: BackendName, place: string): Promise<Backend> {
  switch (name) {
    case 'memory':
      return openMemory();
    case 'redis':
      return openRedis(place);
    case 'dynamodb':
      return openDynamoDB(place);
  }
}

/** A place that no other test uses. */
export function newPlace(): string {
  return `acceptance-${globalThis.crypto.randomUUID()}`;
}

function openMemory(): Backend {
  const store = new MemoryStore();
  return { session: (options) => new StoredSession(store, options), close: () => Promise.resolve() };
}

async function openRedis(keyPrefix: string): Promise<Backend> {
  const client = createClient({ url: named('REDIS_URL') });
  client.on('error', () => undefined);
  await client.connect();
  return {
    session: (options) => new RedisSession({ ...options, client, keyPrefix }),
    close: () => client.close(),
  };
}

async function openDynamoDB(tableName: string): Promise<Backend> {
  const client = new DynamoDBClient(localClientConfig(named('DYNAMODB_ENDPOINT')));
  await createTableIfNotExists(client, tableName);
  return {
    session: (options) => new DynamoDBSession({ ...options, client, tableName }),
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}

function named(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '') throw new Error(`${variable} names no engine`);
  return value;
}

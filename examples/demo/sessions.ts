import { localClientConfig } from '@agent-sessions/engines';
import { createTableIfNotExists, DynamoDBSession } from '@agent-sessions/session-dynamodb';
import { RedisSession } from '@agent-sessions/session-redis';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Session } from '@openai/agents';

export type Backend = 'redis' | 'dynamodb';

export interface OpenSession {
  readonly session: Session;
  readonly close: () => Promise<void>;
}

const ttlSeconds = 3_600;

export function openSession(backend: Backend, address: string, sessionId: string): Promise<OpenSession> {
  return backend === 'redis' ? openRedisSession(address, sessionId) : openDynamoDBSession(address, sessionId);
}

async function openRedisSession(url: string, sessionId: string): Promise<OpenSession> {
  const session = await RedisSession.fromUrl(url, {
    sessionId,
    keyPrefix: 'agent-sessions-demo',
    ttlSeconds,
  });
  return { session, close: () => session.close() };
}

async function openDynamoDBSession(endpoint: string, sessionId: string): Promise<OpenSession> {
  const client = new DynamoDBClient(localClientConfig(endpoint));
  const tableName = 'agent-sessions-demo';
  await createTableIfNotExists(client, tableName, { enableTtl: true });
  const session = new DynamoDBSession({ client, sessionId, tableName, ttlSeconds });
  return {
    session,
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}

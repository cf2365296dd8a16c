import { localClientConfig } from '@agent-sessions/engines';
import {
  createTableIfNotExists,
  DynamoDBSession,
  DynamoDBSessionIndex,
} from '@agent-sessions/session-dynamodb';
import {
  RedisSession,
  RedisSessionIndex,
  type SessionIndex,
  type SessionOptions,
  type StoredSession,
} from '@agent-sessions/session-redis';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { RunContext } from '@openai/agents';
import { createClient } from 'redis';
import type { ChatContext } from './agent';

export type Backend = 'redis' | 'dynamodb';

export interface ChatSessions {
  session(sessionId: string): StoredSession;
  index(user: string): SessionIndex;
  close(): Promise<void>;
}

const keeping = { ttlSeconds: 30 * 24 * 3_600 };

/** Of each user in a scope of their own, listed among the others of that scope. */
const sessionOptions = {
  ...keeping,
  scope: (runContext: RunContext<ChatContext>) => runContext.context.user,
  index: {},
  concurrentWrites: 'reject',
} satisfies SessionOptions & typeof keeping;

export function openChatSessions(backend: Backend, address: string): Promise<ChatSessions> {
  return backend === 'redis' ? onRedis(address) : onDynamoDB(address);
}

async function onRedis(url: string): Promise<ChatSessions> {
  const client = createClient({ url });
  client.on('error', (error: Error) => console.error('redis:', error.message));
  await client.connect();
  const place = { client, keyPrefix: 'agent-sessions-chat' };
  return {
    session: (sessionId) => new RedisSession({ ...place, ...sessionOptions, sessionId }),
    index: (user) => new RedisSessionIndex({ ...place, ...keeping, scope: user }),
    close: () => client.close(),
  };
}

async function onDynamoDB(endpoint: string): Promise<ChatSessions> {
  const client = new DynamoDBClient(localClientConfig(endpoint));
  const place = { client, tableName: 'agent-sessions-chat' };
  await createTableIfNotExists(client, place.tableName, { enableTtl: true });
  return {
    session: (sessionId) => new DynamoDBSession({ ...place, ...sessionOptions, sessionId }),
    index: (user) => new DynamoDBSessionIndex({ ...place, ...keeping, scope: user }),
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}

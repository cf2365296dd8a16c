import { RedisSession, type RedisSessionClient } from '@agent-sessions/session-redis';
import type { RunContext } from '@openai/agents';
import { createClient } from 'redis';

export interface ChatContext {
  readonly user: string;
}

type Client = RedisSessionClient & { close(): unknown };

function connect(): Promise<Client> {
  const client = createClient({
    url: process.env.REDIS_URL ?? 'redis://localhost:6379',
    pingInterval: 10_000,
    // With the first, the client needs the second: after a socket timeout it reconnects by a strategy of yours only.
    socket: {
      socketTimeout: 30_000,
      reconnectStrategy: (retries) => Math.min(2 ** retries * 50, 2_000) + Math.floor(Math.random() * 200),
    },
  });
  client.on('error', (error: Error) => console.error('redis:', error.message));
  return client.connect();
}

/** One for the process. `next dev` loads modules anew at each change, and would open another connection each time. */
const shared = globalThis as { chatRedis?: Promise<Client> };

export function redis(): Promise<Client> {
  return (shared.chatRedis ??= connect());
}

/** Of the user who is in the run's context: an id of another user's conversation names an empty one of this user. */
export async function openSession(chatId: string): Promise<RedisSession> {
  return new RedisSession({
    client: await redis(),
    keyPrefix: 'agent-sessions-next',
    sessionId: chatId,
    ttlSeconds: 30 * 24 * 3_600,
    timeoutMs: 10_000,
    scope: ({ context }: RunContext<ChatContext>) => context.user,
  });
}

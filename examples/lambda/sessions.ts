import { DynamoDBSession, HistoryCache } from '@agent-sessions/session-dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** One client, with its connections, and one cache for all calls that meet this environment. Nobody closes it. */
export const client = new DynamoDBClient({});
const cache = new HistoryCache({ maxBytes: 64 * 1_024 * 1_024 });
const tableName = process.env.TABLE_NAME ?? 'agent-sessions';

export function openSession(sessionId: string): DynamoDBSession {
  // A turn is a read and one or two writes: all of them fit into the function's 60 seconds, with the model's time.
  return new DynamoDBSession({
    sessionId,
    client,
    tableName,
    cache,
    ttlSeconds: 30 * 24 * 3_600,
    timeoutMs: 10_000,
  });
}

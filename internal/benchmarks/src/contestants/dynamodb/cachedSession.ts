import { DynamoDBSession, HistoryCache } from '@agent-sessions/session-dynamodb';
import { CACHE_BYTES } from '../cacheBytes';
import { sessionPerTurn } from '../sessionConversation';
import { DYNAMODB_LIMIT, meteredClient, type DynamoDBContestant } from './server';

export const cachedSession: DynamoDBContestant = {
  name: 'DynamoDBSession with cache',
  kind: 'ours',
  does: 'the same with a HistoryCache, and a new session object for each turn',
  limit: DYNAMODB_LIMIT,
  remembers: true,
  connect: (server) => {
    const client = meteredClient(server);
    const { tableName } = server;
    const cache = new HistoryCache({ maxBytes: CACHE_BYTES });
    return {
      open: (id) => {
        const options = { client, tableName, sessionId: `cached-${id}`, cache };
        return sessionPerTurn(() => new DynamoDBSession(options));
      },
      close: () => client.destroy(),
    };
  },
};

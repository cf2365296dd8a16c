import { DynamoDBSession } from '@agent-sessions/session-dynamodb';
import { sessionConversation } from '../sessionConversation';
import { DYNAMODB_LIMIT, meteredClient, type DynamoDBContestant } from './server';

export const session: DynamoDBContestant = {
  name: 'DynamoDBSession',
  kind: 'ours',
  does: 'addItems, getItems',
  limit: DYNAMODB_LIMIT,
  connect: (server) => {
    const client = meteredClient(server);
    const { tableName } = server;
    return {
      open: (sessionId) => sessionConversation(new DynamoDBSession({ client, tableName, sessionId })),
      close: () => client.destroy(),
    };
  },
};

import { DynamoDBSession } from '@agent-sessions/session-dynamodb';
import { CODECS } from '../codecs';
import { sessionConversation } from '../sessionConversation';
import { DYNAMODB_LIMIT, meteredClient, type DynamoDBContestant } from './server';

/** One for each way to store records. */
export const DYNAMODB_CODECS: readonly DynamoDBContestant[] = Object.entries(CODECS).map(
  ([suffix, codec]) => ({
    name: `DynamoDBSession${suffix}`,
    kind: 'ours',
    does: `addItems, getItems${suffix}`,
    limit: DYNAMODB_LIMIT,
    connect: (server) => {
      const client = meteredClient(server);
      const { tableName } = server;
      return {
        open: (sessionId) =>
          sessionConversation(new DynamoDBSession({ client, tableName, sessionId, ...codec })),
        close: () => client.destroy(),
      };
    },
  }),
);

export const [session] = DYNAMODB_CODECS as [DynamoDBContestant];

import { ChatMessage } from '@langchain/core/messages';
import { DynamoDBChatMessageHistory } from '@langchain/community/stores/message/dynamodb';
import { localClientConfig } from '@agent-sessions/engines';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { langChainMessages } from '../langChainMessages';
import { DYNAMODB_LIMIT, meteredClient, type DynamoDBContestant } from './server';

/** Its reads are eventually consistent, which costs half the units. */
export const langChain: DynamoDBContestant = {
  name: 'LangChain',
  kind: 'peer',
  does: 'DynamoDBChatMessageHistory: addMessages, getMessages',
  limit: DYNAMODB_LIMIT,
  isOneValue: true,
  connect: (server) => {
    // Each history makes a client of its own. With the handler of this one they share its connections.
    const client = meteredClient(server);
    // What it stores of a tool's message cannot be read back: the id of the call is left out, and then asked for.
    const messagesOf = langChainMessages((content) => new ChatMessage({ content, role: 'tool' }));
    return {
      open: (id) => {
        const history = new DynamoDBChatMessageHistory({
          tableName: server.documentTableName,
          partitionKey: 'session_id',
          sessionId: `langchain:${id}`,
          config: { ...localClientConfig(server.endpoint), requestHandler: client.config.requestHandler },
        });
        // It has no other way to its client.
        server.meter.attach(Reflect.get(history, 'client') as DynamoDBClient);
        return {
          append: (items) => history.addMessages(messagesOf(items)),
          readAll: () => history.getMessages(),
          readLast: async (count) => (await history.getMessages()).slice(-count),
        };
      },
      close: () => client.destroy(),
    };
  },
};

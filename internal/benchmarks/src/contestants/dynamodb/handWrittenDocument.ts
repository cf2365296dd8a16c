import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { AgentInputItem } from '@openai/agents';
import { DYNAMODB_LIMIT, meteredClient, type DynamoDBContestant } from './server';

export const handWrittenDocument: DynamoDBContestant = {
  name: 'hand-written document',
  kind: 'hand-written',
  does: 'the conversation as one item with a list: GetItem, push, PutItem; GetItem',
  limit: DYNAMODB_LIMIT,
  isOneValue: true,
  connect: (server) => {
    const client = meteredClient(server);
    const documents = DynamoDBDocumentClient.from(client);
    const { documentTableName: TableName } = server;
    return {
      open: (id) => {
        const Key = { session_id: `document:${id}` };
        const readAll = async () => {
          const { Item } = await documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
          return (Item?.items ?? []) as AgentInputItem[];
        };
        return {
          append: async (items) => {
            const Item = { ...Key, items: [...(await readAll()), ...items] };
            await documents.send(new PutCommand({ TableName, Item }));
          },
          readAll,
          readLast: async (count) => (await readAll()).slice(-count),
        };
      },
      close: () => client.destroy(),
    };
  },
};

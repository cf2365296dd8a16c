import { DynamoDBDocumentClient, paginateQuery, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { DYNAMODB_LIMIT, meteredClient, type DynamoDBContestant } from './server';

/** The usual layout for chats. Two items of the same millisecond have the same key: a counter per writer is the usual remedy. */
export const handWrittenRows: DynamoDBContestant = {
  name: 'hand-written rows',
  kind: 'hand-written',
  does: 'a row per item, sorted by time: PutItem each; consistent Query',
  limit: DYNAMODB_LIMIT,
  connect: (server) => {
    const client = meteredClient(server);
    const documents = DynamoDBDocumentClient.from(client);
    const { tableName: TableName } = server;
    return {
      open: (id) => {
        const session_id = `rows:${id}`;
        const query = {
          TableName,
          KeyConditionExpression: 'session_id = :id',
          ExpressionAttributeValues: { ':id': session_id },
          ConsistentRead: true,
        };
        let count = 0;
        return {
          append: async (items) => {
            for (const item of items) {
              const row = `${new Date().toISOString()}#${`${count++}`.padStart(6, '0')}`;
              await documents.send(new PutCommand({ TableName, Item: { session_id, row, item } }));
            }
          },
          readAll: async () => {
            const items: unknown[] = [];
            // A copy, because the paginator writes into it.
            for await (const { Items = [] } of paginateQuery({ client: documents }, { ...query })) {
              items.push(...Items.map(({ item }) => item as unknown));
            }
            return items;
          },
          readLast: async (limit) => {
            const newest = { ...query, ScanIndexForward: false, Limit: limit };
            const { Items = [] } = await documents.send(new QueryCommand(newest));
            return Items.reverse().map(({ item }) => item as unknown);
          },
        };
      },
      close: () => client.destroy(),
    };
  },
};

import {
  paginateQuery,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { AgentInputItem } from '@openai/agents';
import { DYNAMODB_LIMIT, meteredClient, type DynamoDBContestant } from './server';

/** No two writers of this process have the same row, as if they agreed on an order. */
let rows = 0;

/** The least that the driver can do: a row per append, in one string, put without a look at what is there. */
export const limit: DynamoDBContestant = {
  name: DYNAMODB_LIMIT,
  kind: 'limit',
  does: 'one PutItem with the items as one JSON string; consistent Query and JSON.parse',
  limit: DYNAMODB_LIMIT,
  connect: (server) => {
    const client = meteredClient(server);
    const { tableName: TableName } = server;
    return {
      open: (id) => {
        const key = { S: `limit:${id}` };
        const query: QueryCommandInput = {
          TableName,
          KeyConditionExpression: 'session_id = :id',
          ExpressionAttributeValues: { ':id': key },
          ConsistentRead: true,
        };
        let itemsPerRow = 1;
        return {
          append: async (items) => {
            itemsPerRow = items.length;
            const row = { S: `${rows++}`.padStart(12, '0') };
            const Item = { session_id: key, row, items: { S: JSON.stringify(items) } };
            await client.send(new PutItemCommand({ TableName, Item }));
          },
          readAll: async () => {
            const items: AgentInputItem[] = [];
            // A copy, because the paginator writes into it.
            for await (const { Items = [] } of paginateQuery({ client }, { ...query })) {
              items.push(...Items.flatMap(itemsOf));
            }
            return items;
          },
          // It knows how many rows it takes, because all of the workload's are alike.
          readLast: async (count) => {
            const newest = { ...query, ScanIndexForward: false, Limit: Math.ceil(count / itemsPerRow) };
            const { Items = [] } = await client.send(new QueryCommand(newest));
            return Items.reverse().flatMap(itemsOf).slice(-count);
          },
        };
      },
      close: () => client.destroy(),
    };
  },
};

function itemsOf({ items }: Record<string, AttributeValue>): AgentInputItem[] {
  return JSON.parse(items?.S ?? '[]') as AgentInputItem[];
}

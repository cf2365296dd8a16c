import { randomUUID } from 'node:crypto';
import { localClientConfig } from '@agent-sessions/engines';
import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DynamoDBClient,
  paginateQuery,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { createTableIfNotExists } from '../../src';

export type Item = Record<string, AttributeValue>;

/** A client of its own each, so that what a test hooks into it stays with that test. */
export function newClient(options: ConstructorParameters<typeof DynamoDBClient>[0] = {}): DynamoDBClient {
  const endpoint = process.env.DYNAMODB_ENDPOINT;
  if (endpoint === undefined) throw new Error('DYNAMODB_ENDPOINT is not set: jest.config.cjs sets it');
  return new DynamoDBClient({ ...localClientConfig(endpoint), ...options });
}

/** A table for one test file, and a view on the raw rows in it. */
export class TestTable {
  readonly name = `sessions-${randomUUID()}`;
  readonly client = newClient();

  async create(): Promise<void> {
    await createTableIfNotExists(this.client, this.name, { enableTtl: true });
  }

  async drop(): Promise<void> {
    await this.client.send(new DeleteTableCommand({ TableName: this.name }));
    this.client.destroy();
  }

  /** All rows of the session: parts first, then versions. */
  async rows(sessionId: string): Promise<Item[]> {
    const rows: Item[] = [];
    const pages = paginateQuery(
      { client: this.client },
      {
        TableName: this.name,
        KeyConditionExpression: 'session_id = :id',
        ExpressionAttributeValues: { ':id': { S: sessionId } },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) rows.push(...Items);
    return rows;
  }

  /** Rows that are commits or markers. */
  async versions(sessionId: string): Promise<Item[]> {
    return (await this.rows(sessionId)).filter((row) => !row.version?.N?.startsWith('-'));
  }

  async parts(sessionId: string): Promise<Item[]> {
    return (await this.rows(sessionId)).filter((row) => row.version?.N?.startsWith('-'));
  }

  async put(...items: Item[]): Promise<void> {
    for (let start = 0; start < items.length; start += 25) {
      const requests = items.slice(start, start + 25).map((Item) => ({ PutRequest: { Item } }));
      await this.client.send(new BatchWriteItemCommand({ RequestItems: { [this.name]: requests } }));
    }
  }

  async delete(row: Item): Promise<void> {
    const Key = { session_id: row.session_id, version: row.version } as Item;
    await this.client.send(new DeleteItemCommand({ TableName: this.name, Key }));
  }

  /** What DynamoDB does some time after rows' ttl, and the engine never does. */
  async expire(sessionId: string, now: number): Promise<void> {
    for (const row of await this.rows(sessionId)) {
      if (row.ttl && Number(row.ttl.N) <= now / 1_000) await this.delete(row);
    }
  }
}

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
import { createTableIfNotExists, DynamoDBStore, type DynamoDBStoreOptions } from '../../src';

export type Item = Record<string, AttributeValue>;

/** A client of its own each, so that what a test hooks into it stays with that test. */
export function newClient(options: ConstructorParameters<typeof DynamoDBClient>[0] = {}): DynamoDBClient {
  const endpoint = process.env.DYNAMODB_ENDPOINT;
  if (endpoint === undefined) throw new Error('DYNAMODB_ENDPOINT is not set: jest.config.cjs sets it');
  return new DynamoDBClient({ ...localClientConfig(endpoint), ...options });
}

/** How the sessions of a table are told from its other items. */
type Shape = Pick<DynamoDBStoreOptions, 'attributeNames' | 'keyPrefix'>;

/** A table for one test file, and a view on the raw rows in it. */
export class TestTable {
  readonly name = `sessions-${randomUUID()}`;
  readonly client = newClient();
  readonly shape: Shape;
  readonly #keys: { readonly sessionId: string; readonly version: string; readonly ttl: string };

  constructor(shape: Shape = {}) {
    this.shape = shape;
    const { sessionId = 'session_id', version = 'version', ttl = 'ttl' } = shape.attributeNames ?? {};
    this.#keys = { sessionId, version, ttl };
  }

  async create(): Promise<void> {
    const { attributeNames } = this.shape;
    await createTableIfNotExists(this.client, this.name, { enableTtl: true, attributeNames });
  }

  /** A store on this table, by its own client unless there is another. */
  open(options: Partial<DynamoDBStoreOptions> = {}, now?: () => number): DynamoDBStore {
    return new DynamoDBStore({ client: this.client, tableName: this.name, ...this.shape, ...options }, now);
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
        KeyConditionExpression: '#id = :id',
        ExpressionAttributeNames: { '#id': this.#keys.sessionId },
        ExpressionAttributeValues: { ':id': { S: `${this.shape.keyPrefix ?? ''}${sessionId}` } },
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
    const { sessionId, version } = this.#keys;
    const Key = { [sessionId]: row[sessionId], [version]: row[version] } as Item;
    await this.client.send(new DeleteItemCommand({ TableName: this.name, Key }));
  }

  /** What DynamoDB does some time after rows' ttl, and the engine never does. */
  async expire(sessionId: string, now: number): Promise<void> {
    for (const row of await this.rows(sessionId)) {
      const ttl = row[this.#keys.ttl];
      if (ttl && Number(ttl.N) <= now / 1_000) await this.delete(row);
    }
  }
}

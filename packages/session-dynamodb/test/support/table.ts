import { randomUUID } from 'node:crypto';
import { localClientConfig } from '@agent-sessions/engines';
import {
  BatchWriteItemCommand,
  DeleteTableCommand,
  DynamoDBClient,
  paginateQuery,
  type AttributeValue,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { createTableIfNotExists, DynamoDBStore, type DynamoDBStoreOptions } from '../../src';
import { openWithClock } from '../../src/dynamodbStore';
import { append, large, newId, recordsOf, tryCommit } from './store';

export type Item = Record<string, AttributeValue>;

/** The sort key of a version, as the documents tell it. */
export function logKey(version: number): string {
  return `log#${`${version}`.padStart(12, '0')}`;
}

/** The words of the row of a commit that each of them has, in order. */
const WORDS = ['format', 'key', 'created', 'began', 'base', 'length', 'bytes', 'counts', 'follows'];

/** What the row of a commit, or a tombstone, tells of itself, by names. */
export function headerOf({ commit, tombstone }: Item = {}): Readonly<Record<string, string>> {
  const words = (commit ?? tombstone)?.S?.split(' ') ?? [];
  return Object.fromEntries(
    words.map((word, index) => {
      const [name = '', value = ''] = index < WORDS.length ? [WORDS[index], word] : word.split('=');
      return [name, value];
    }),
  );
}

/** The row of a commit that tells something else of itself; undefined takes a word away. */
export function retold(row: Item, changes: Readonly<Record<string, string | number | undefined>>): Item {
  const told = { ...headerOf(row), ...changes };
  const words = Object.entries(told).flatMap(([name, value]) =>
    value === undefined ? [] : [WORDS.includes(name) ? `${value}` : `${name}=${value}`],
  );
  return { ...row, commit: { S: words.join(' ') } };
}

/** Whether the log begins with this row, as the table's own attribute names tell it. */
export function beginsLog(row: Item = {}): boolean {
  const { base } = headerOf(row);
  return base !== undefined && row.row?.S === logKey(Number(base));
}

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
  readonly #keys: { readonly sessionId: string; readonly row: string; readonly ttl: string };

  constructor(shape: Shape = {}) {
    this.shape = shape;
    const { sessionId = 'session_id', row = 'row', ttl = 'ttl' } = shape.attributeNames ?? {};
    this.#keys = { sessionId, row, ttl };
  }

  async create(): Promise<void> {
    const { attributeNames } = this.shape;
    await createTableIfNotExists(this.client, this.name, { enableTtl: true, attributeNames });
  }

  /** A store on this table, by its own client unless there is another. */
  open(options: Partial<DynamoDBStoreOptions> = {}, now?: () => number): DynamoDBStore {
    const all = { client: this.client, tableName: this.name, ...this.shape, ...options };
    return now ? openWithClock(all, now) : new DynamoDBStore(all);
  }

  async drop(): Promise<void> {
    await this.client.send(new DeleteTableCommand({ TableName: this.name }));
    this.client.destroy();
  }

  /** All rows of the session: chunks first, then the log. */
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

  /** Rows that are commits or tombstones. */
  async log(sessionId: string): Promise<Item[]> {
    return this.#rowsAt('log#', sessionId);
  }

  async chunks(sessionId: string): Promise<Item[]> {
    return this.#rowsAt('chunk#', sessionId);
  }

  /** Whether any row of the session has this text in it, be it in bytes. */
  async contains(sessionId: string, text: string): Promise<boolean> {
    const plain = (_name: string, value: unknown): unknown =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value;
    return (await this.rows(sessionId)).some((row) => JSON.stringify(row, plain).includes(text));
  }

  async put(...items: Item[]): Promise<void> {
    await this.#write(items.map((Item) => ({ PutRequest: { Item } })));
  }

  async delete(...rows: Item[]): Promise<void> {
    const { sessionId, row: sortKey } = this.#keys;
    await this.#write(
      rows.map((row) => ({
        DeleteRequest: { Key: { [sessionId]: row[sessionId], [sortKey]: row[sortKey] } as Item },
      })),
    );
  }

  /** What DynamoDB does some time after rows' ttl, and the engine never does. Returns the rows that stay. */
  async expire(sessionId: string, now: number): Promise<Item[]> {
    const rows = await this.rows(sessionId);
    const isDue = ({ [this.#keys.ttl]: ttl }: Item): boolean => Number(ttl?.N ?? Infinity) <= now / 1_000;
    await this.delete(...rows.filter(isDue));
    return rows.filter((row) => !isDue(row));
  }

  async #rowsAt(prefix: string, sessionId: string): Promise<Item[]> {
    return (await this.rows(sessionId)).filter((row) => row[this.#keys.row]?.S?.startsWith(prefix));
  }

  async #write(requests: readonly WriteRequest[]): Promise<void> {
    for (let start = 0; start < requests.length; start += 25) {
      const RequestItems = { [this.name]: requests.slice(start, start + 25) };
      const { UnprocessedItems = {} } = await this.client.send(new BatchWriteItemCommand({ RequestItems }));
      if (Object.keys(UnprocessedItems).length > 0) throw new Error('the engine left requests unprocessed');
    }
  }
}

/** Has the store send every kind of request that there is, and fails unless all of it comes out right. */
export async function useEveryRequest(table: TestTable, store: DynamoDBStore): Promise<void> {
  const id = newId();
  await append(store, id, 'a');
  await append(store, id, large('b', 900_000));
  await append(store, id, 'c');
  expect(await recordsOf(store, id)).toEqual(['a', large('b', 900_000), 'c']);
  expect((await tryCommit(store, id, { drop: 'all', append: ['d'] })).status).toBe('committed');
  expect(await recordsOf(store, id)).toEqual(['d']);
  await store.clear(id);
  expect(await recordsOf(table.open(), id)).toEqual([]);
  expect((await table.rows(id)).filter((row) => row.records ?? row.bytes)).toEqual([]);
}

import { randomUUID } from 'node:crypto';
import { localClientConfig, startDynamoDB, startFaultProxy, type FaultProxy } from '@agent-sessions/engines';
import { createTableIfNotExists } from '@agent-sessions/session-dynamodb';
import {
  DeleteItemCommand,
  DeleteTableCommand,
  DynamoDBClient,
  paginateQuery,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import type { Tally } from '../workload/tally';
import { connectDynamoDB, type DynamoDBConnectionOptions } from './dynamodbConnection';
import { startRefusingProxy, type RefusingProxy } from './refusingProxy';
import type { Connection, World } from './world';

export type Row = Record<string, AttributeValue>;

const DAY_MS = 86_400_000;

interface Parts {
  readonly client: DynamoDBClient;
  readonly endpoint: string;
  readonly stopEngine: () => Promise<void>;
  readonly options: DynamoDBConnectionOptions;
}

/** A DynamoDB engine with a table of its own, behind a proxy that refuses requests, behind one that breaks connections. */
export class DynamoDBWorld implements World {
  static async open(options: DynamoDBConnectionOptions = {}): Promise<DynamoDBWorld> {
    const engine = await startDynamoDB();
    const client = new DynamoDBClient(localClientConfig(engine.endpoint));
    const tableName = `reliability-${randomUUID()}`;
    await createTableIfNotExists(client, tableName);
    const refusals = await startRefusingProxy(engine);
    const proxy = await startFaultProxy(refusals);
    const judge = connectDynamoDB(engine.endpoint, tableName, options);
    const parts = { client, endpoint: engine.endpoint, stopEngine: engine.stop, options };
    return new DynamoDBWorld(tableName, proxy, refusals, judge, parts);
  }

  private constructor(
    readonly tableName: string,
    readonly proxy: FaultProxy,
    readonly refusals: RefusingProxy,
    readonly judge: Connection,
    private readonly parts: Parts,
  ) {}

  newProxy(): Promise<FaultProxy> {
    return startFaultProxy(this.refusals);
  }

  connect(): Promise<Connection> {
    return Promise.resolve(
      connectDynamoDB(`http://127.0.0.1:${this.proxy.port}`, this.tableName, this.parts.options),
    );
  }

  address(port: number): string {
    return `http://127.0.0.1:${port} ${this.tableName}`;
  }

  requests(): Promise<number> {
    return Promise.resolve(this.refusals.requests());
  }

  async rows(sessionId: string): Promise<Row[]> {
    const rows: Row[] = [];
    const pages = paginateQuery(
      { client: this.parts.client },
      {
        TableName: this.tableName,
        KeyConditionExpression: 'session_id = :id',
        ExpressionAttributeValues: { ':id': { S: sessionId } },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) rows.push(...Items);
    return rows;
  }

  async delete({ session_id, row }: Row): Promise<void> {
    const Key = { session_id, row } as Row;
    await this.parts.client.send(new DeleteItemCommand({ TableName: this.tableName, Key }));
  }

  /** Two days on: until then, chunks may belong to a commit under way, and rows before the log stay as tombstones. */
  async cleanUp(sessionId: string): Promise<void> {
    const { now = Date.now } = this.parts.options;
    const later = connectDynamoDB(this.parts.endpoint, this.tableName, { now: () => now() + 2 * DAY_MS });
    await later.session({ sessionId }).clearSession();
    await later.close();
  }

  /** Chunks that no row names: of a commit that never came, or of one whose log was begun anew. */
  async orphans(sessionId: string): Promise<number> {
    const rows = await this.rows(sessionId);
    const inUse = new Set(rows.flatMap(({ chunks }) => chunks?.S ?? []));
    return rows.filter(({ bytes, row }) => bytes && !inUse.has(row?.S?.replace(/#\d+$/, '') ?? '')).length;
  }

  /** Rows with content, and rows that nothing will ever delete. */
  async rubbish(sessionId: string): Promise<string[]> {
    const rows = await this.rows(sessionId);
    return rows
      .filter((row) => row.records ?? row.chunks ?? row.bytes ?? row.operations ?? row.ttl === undefined)
      .map(({ row }) => `row ${row?.S ?? ''}`);
  }

  countFaults(figures: Tally): Promise<void> {
    figures.addAll(this.proxy.counts, 'network: ');
    figures.addAll(this.refusals.counts, 'server: ');
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.judge.close();
    await this.proxy.stop();
    await this.refusals.stop();
    await this.parts.client.send(new DeleteTableCommand({ TableName: this.tableName }));
    this.parts.client.destroy();
    await this.parts.stopEngine();
  }
}

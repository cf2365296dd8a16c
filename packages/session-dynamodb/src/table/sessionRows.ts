import { Buffer } from 'node:buffer';
import {
  BatchWriteItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type ConditionalCheckFailedException,
  type PutItemCommandInput,
  type QueryCommandInput,
  type UpdateItemCommandInput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { SessionError } from '@agent-sessions/session-core/store';
import type { Content } from '../log/content';
import type { Chunk, CommitRow, Row, Tombstone } from '../log/rows';
import type { SessionTable } from './sessionTable';
import { contention, describe } from './errors';
import type { Answer } from './tallying';
import { unlogged } from './unlogged';
import { pauseBefore, untilAnswered, type Bounds, type Request } from './untilAnswered';
import { formatHeader, headerStart } from './rowHeader';
import { logKey, type KeyRange } from './rowKeys';
import { CONTENT_OF, HEADER_OF, type Extent, type Item, type RowMapping, type StoredRow } from './rowMapping';

export interface QueryOptions {
  readonly newestFirst?: boolean;
  /** How many rows the page that comes next has at most; undefined: as many as there are, up to 1 MB. */
  readonly nextLimit?: (() => number | undefined) | undefined;
  readonly extent: Extent;
}

/** One of many changes that are made whatever is there. */
export type RowChange = { readonly put: Tombstone } | { readonly remove: string };

/** The conditions of writes. */
const KEY_IS_FREE = 'attribute_not_exists(#row)';
const IS_OF_THE_SAME_COMMIT = 'begins_with(#commit, :start) OR begins_with(#tombstone, :start)';
const STILL_HOLDS_CONTENT = {
  commit: 'begins_with(#content, :start)',
  chunk: 'attribute_exists(#content)',
};
const MAY_GO_SOONER = '(attribute_not_exists(#ttl) OR #ttl < :ttl)';

/** So that there is something in the answer to a write by which to know it, and what calls consume can be observed. */
const ASK_FOR_CAPACITY = { ReturnConsumedCapacity: 'TOTAL' } as const;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
export const MOST_PER_REQUEST = 25;

/** The rows of one session, for the time of one call: everything that the store sends to DynamoDB goes through here. */
export class SessionRows {
  readonly #table: SessionTable;
  readonly #mapping: RowMapping;
  readonly #partitionKey: string;
  readonly #bounds: Bounds;

  constructor(table: SessionTable, partitionKey: string, bounds: Bounds) {
    this.#table = table;
    this.#mapping = table.mapping;
    this.#partitionKey = partitionKey;
    this.#bounds = bounds;
  }

  /** Of this call, in milliseconds. */
  get timeLeft(): number {
    return this.#bounds.deadline - performance.now();
  }

  /** What the names and values of a row's keys take: the only part of it, beside its content, that varies much. */
  get keyBytes(): number {
    const { sessionId, row, ttl } = this.#mapping.names;
    return Buffer.byteLength(`${this.#partitionKey}${sessionId}${row}${ttl}`);
  }

  /** Something is sent again because another writer was faster, or there was no room for it. */
  noteRetry(): void {
    if (this.#bounds.tally) this.#bounds.tally.retries++;
  }

  /** Puts the row or the chunk unless there is something at its key already: then it returns that. */
  async putNew(row: Row | Chunk, content?: Content): Promise<StoredRow | undefined> {
    const refused = await this.#putIf(row, content, {
      ConditionExpression: KEY_IS_FREE,
      ExpressionAttributeNames: { '#row': this.#mapping.names.row },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    if (!refused || refused.there) return refused?.there;
    throw new SessionError('STORE_FAILURE', 'the endpoint lacks ReturnValuesOnConditionCheckFailure');
  }

  /** Puts the tombstone in place of the row of the same commit; false where that is gone. */
  async replace(tombstone: Tombstone): Promise<boolean> {
    const refused = await this.#putIf(tombstone, undefined, {
      ConditionExpression: IS_OF_THE_SAME_COMMIT,
      ExpressionAttributeNames: { '#commit': HEADER_OF.commit, '#tombstone': HEADER_OF.tombstone },
      ExpressionAttributeValues: { ':start': { S: headerStart(tombstone.idempotencyKey) } },
    });
    return refused === undefined;
  }

  /**
   * Gives the row or the chunk more time, unless it has that already.
   *
   * @param expiresAt When the session expires, for a row of a commit that does not say so itself.
   * @throws `CONTENTION` when the row, or its content, is gone.
   */
  async raiseTtl(
    row: CommitRow | Pick<Chunk, 'kind' | 'key'>,
    ttl: number,
    expiresAt?: number,
  ): Promise<void> {
    const { kind } = row;
    const setsExpiry = kind === 'commit' && expiresAt !== undefined;
    const header = setsExpiry && { ':header': { S: formatHeader({ ...row, expiresAt }) } };
    // Nothing of a row is written over another one that is at its key now.
    const start = kind === 'commit' && { ':start': { S: headerStart(row.idempotencyKey) } };
    const input: UpdateItemCommandInput = {
      TableName: this.#table.name,
      Key: this.#mapping.key(this.#partitionKey, kind === 'chunk' ? row.key : logKey(row.version)),
      UpdateExpression: header ? 'SET #ttl = :ttl, #content = :header' : 'SET #ttl = :ttl',
      ConditionExpression: [STILL_HOLDS_CONTENT[kind], MAY_GO_SOONER].join(' AND '),
      ExpressionAttributeNames: { '#ttl': this.#mapping.names.ttl, '#content': CONTENT_OF[kind] },
      ExpressionAttributeValues: { ':ttl': { N: `${ttl}` }, ...header, ...start },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    const refused = await this.#unlessRefused((options) =>
      this.#table.client.send(unlogged(new UpdateItemCommand({ ...input, ...ASK_FOR_CAPACITY })), options),
    );
    if (!refused) return;
    const { there } = refused;
    if (!there?.holds(kind) || there.ttl === undefined || there.ttl < ttl) throw contention();
    if (kind === 'commit' && there.idempotencyKey !== row.idempotencyKey) throw contention();
  }

  /** What lies in the range, as of the moment when its page is read. */
  async *query(
    { from, to }: KeyRange,
    { newestFirst = false, nextLimit, extent }: QueryOptions,
  ): AsyncGenerator<StoredRow, void, undefined> {
    const { sessionId, row } = this.#mapping.names;
    const names = this.#mapping.attributes(extent)?.map((name, index) => [`#a${index}`, name] as const) ?? [];
    let start: Item | undefined;
    do {
      const input: QueryCommandInput = {
        TableName: this.#table.name,
        KeyConditionExpression: '#id = :id AND #row BETWEEN :from AND :to',
        ProjectionExpression: names.map(([placeholder]) => placeholder).join() || undefined,
        ExpressionAttributeNames: { '#id': sessionId, '#row': row, ...Object.fromEntries(names) },
        ExpressionAttributeValues: {
          ':id': { S: this.#partitionKey },
          ':from': { S: from },
          ':to': { S: to },
        },
        ConsistentRead: true,
        ScanIndexForward: !newestFirst,
        Limit: nextLimit?.(),
        ExclusiveStartKey: start,
        ...ASK_FOR_CAPACITY,
      };
      const page = await untilAnswered(this.#bounds, {
        isChange: false,
        send: (options) => this.#table.client.send(unlogged(new QueryCommand(input)), options),
        isWhole: ({ Items }) => Array.isArray(Items),
      });
      for (const item of page.Items ?? []) yield this.#mapping.toStored(item);
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }

  /** Makes each change, whatever is there, and not all at once. */
  async write(changes: readonly RowChange[]): Promise<void> {
    const requests = changes.map((change) => this.#toRequest(change));
    for (let start = 0; start < requests.length; start += MOST_PER_REQUEST) {
      let rest = requests.slice(start, start + MOST_PER_REQUEST);
      for (let tries = 0; rest.length > 0; tries++) {
        if (tries > 0) {
          await pauseBefore(this.#bounds, tries);
          this.noteRetry();
        }
        const input = { RequestItems: { [this.#table.name]: rest }, ...ASK_FOR_CAPACITY };
        const answer = await untilAnswered(this.#bounds, {
          isChange: true,
          send: (options) => this.#table.client.send(unlogged(new BatchWriteItemCommand(input)), options),
          isWhole: ({ UnprocessedItems }) => UnprocessedItems !== undefined,
        });
        rest = Object.values(answer.UnprocessedItems ?? {}).flat();
      }
    }
  }

  #toRequest(change: RowChange): WriteRequest {
    if ('put' in change)
      return { PutRequest: { Item: this.#mapping.toItem(this.#partitionKey, change.put) } };
    return { DeleteRequest: { Key: this.#mapping.key(this.#partitionKey, change.remove) } };
  }

  /** Puts the row if the condition holds; otherwise returns what is there instead. */
  async #putIf(
    row: Row | Chunk,
    content: Content | undefined,
    condition: Partial<PutItemCommandInput>,
  ): Promise<{ there?: StoredRow } | undefined> {
    const Item = this.#mapping.toItem(this.#partitionKey, row, content);
    const input: PutItemCommandInput = { TableName: this.#table.name, Item, ...condition };
    return this.#unlessRefused((options) =>
      this.#table.client.send(unlogged(new PutItemCommand({ ...input, ...ASK_FOR_CAPACITY })), options),
    );
  }

  /** Undefined when the condition of the write holds; otherwise what is there instead. */
  async #unlessRefused(send: Request<Answer>['send']): Promise<{ there?: StoredRow } | undefined> {
    try {
      await untilAnswered(this.#bounds, {
        isChange: true,
        send,
        isWhole: ({ ConsumedCapacity }) => ConsumedCapacity !== undefined,
      });
      return undefined;
    } catch (error) {
      // Never passed on as a cause: it holds the row that is there.
      if (describe(error).name !== 'ConditionalCheckFailedException') throw error;
      const there = (error as ConditionalCheckFailedException).Item;
      return there ? { there: this.#mapping.toStored(there) } : {};
    }
  }
}

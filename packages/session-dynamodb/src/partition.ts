import {
  BatchWriteItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type ConditionalCheckFailedException,
  type PutItemCommandInput,
  type QueryCommandInput,
  type UpdateItemCommandInput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { SessionError } from '@agent-sessions/session-core/store';
import type { KeyNames } from './attributeNames';
import { contention, describe } from './errors';
import { pauseBefore, untilAnswered, type Bounds, type Request } from './requests';
import { keyOf, toNumber, type Item } from './rows';
import type { SessionTable } from './sessionTable';

export interface QueryOptions {
  /** Sort keys, both inclusive. */
  readonly from: number | string;
  readonly to: number | string;
  readonly newestFirst?: boolean;
  /** How many rows the first page has at most; each further page may have twice as many. */
  readonly limit?: number | undefined;
  /** Attributes to return beside the sort key; all when omitted. It costs the same. */
  readonly attributes?: readonly string[] | undefined;
}

/** So that there is something in the answer to a write by which to know it. */
const ASK_FOR_CAPACITY = { ReturnConsumedCapacity: 'TOTAL' } as const;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
export const MOST_PER_REQUEST = 25;

/** The rows of one session: everything that the store sends to DynamoDB goes through here. */
export class Partition {
  readonly keys: KeyNames;
  /** The value of the partition key. */
  readonly key: string;
  readonly #table: SessionTable;
  readonly #bounds: Bounds;

  constructor(table: SessionTable, key: string, bounds: Bounds) {
    this.keys = table.keys;
    this.key = key;
    this.#table = table;
    this.#bounds = bounds;
  }

  /** Of this call, in milliseconds. */
  get timeLeft(): number {
    return this.#bounds.deadline - performance.now();
  }

  /** What the names and values of a row's keys take: the only part of it, beside its content, that varies much. */
  get keyBytes(): number {
    const { sessionId, version, ttl } = this.keys;
    return Buffer.byteLength(`${this.key}${sessionId}${version}${ttl}`);
  }

  /** Puts the row unless there is one with its key already: then it returns that. */
  async putNew(item: Item): Promise<Item | undefined> {
    const refused = await this.#putIf(item, {
      ConditionExpression: 'attribute_not_exists(#version)',
      ExpressionAttributeNames: { '#version': this.keys.version },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    if (!refused || refused.there) return refused?.there;
    throw new SessionError('STORE_FAILURE', 'the endpoint lacks ReturnValuesOnConditionCheckFailure');
  }

  /**
   * Gives the row more time, unless it has that already.
   *
   * @param content - an attribute that the row has for as long as it holds content.
   * @param expiresAt - of the row itself, where it has none.
   * @throws `CONTENTION` when the row, or its content, is gone.
   */
  async raiseTtl(version: string, content: string, ttl: number, expiresAt?: number): Promise<void> {
    const setsExpiry = expiresAt !== undefined;
    const input: UpdateItemCommandInput = {
      TableName: this.#table.name,
      Key: keyOf(this.keys, this.key, version),
      UpdateExpression: setsExpiry ? 'SET #ttl = :ttl, #expires = :expires' : 'SET #ttl = :ttl',
      ConditionExpression: 'attribute_exists(#content) AND (attribute_not_exists(#ttl) OR #ttl < :ttl)',
      ExpressionAttributeNames: {
        '#ttl': this.keys.ttl,
        '#content': content,
        ...(setsExpiry && { '#expires': 'expires_ms' }),
      },
      ExpressionAttributeValues: {
        ':ttl': { N: `${ttl}` },
        ...(setsExpiry && { ':expires': { N: `${expiresAt}` } }),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    const refused = await this.#unlessRefused((options) =>
      this.#table.client.send(new UpdateItemCommand({ ...input, ...ASK_FOR_CAPACITY }), options),
    );
    if (!refused) return;
    const held = toNumber(refused.there?.[this.keys.ttl]);
    if (refused.there?.[content] === undefined || held === undefined || held < ttl) throw contention();
  }

  /** Puts the marker in place of the row of the same commit; false where that is gone. */
  async mark(marker: Item): Promise<boolean> {
    const refused = await this.#putIf(marker, {
      ConditionExpression: '#commit = :commit',
      ExpressionAttributeNames: { '#commit': 'commit' },
      ExpressionAttributeValues: { ':commit': marker.commit as AttributeValue },
    });
    return refused === undefined;
  }

  async *query(options: QueryOptions): AsyncGenerator<Item, void, undefined> {
    const { from, to, newestFirst = false, attributes } = options;
    const { sessionId, version, ttl } = this.keys;
    const projected = attributes && [version, ttl, ...attributes];
    const names = projected?.map((name, index) => [`#a${index}`, name] as const) ?? [];
    let { limit } = options;
    let start: Item | undefined;
    do {
      const input: QueryCommandInput = {
        TableName: this.#table.name,
        KeyConditionExpression: '#id = :id AND #version BETWEEN :from AND :to',
        ProjectionExpression: projected && names.map(([placeholder]) => placeholder).join(),
        ExpressionAttributeNames: { '#id': sessionId, '#version': version, ...Object.fromEntries(names) },
        ExpressionAttributeValues: {
          ':id': { S: this.key },
          ':from': { N: `${from}` },
          ':to': { N: `${to}` },
        },
        ConsistentRead: true,
        ScanIndexForward: !newestFirst,
        Limit: limit,
        ExclusiveStartKey: start,
      };
      const page = await untilAnswered(this.#bounds, {
        isChange: false,
        send: (options) => this.#table.client.send(new QueryCommand(input), options),
        isWhole: ({ Items }) => Array.isArray(Items),
      });
      yield* page.Items ?? [];
      start = page.LastEvaluatedKey;
      limit &&= limit * 2;
    } while (start !== undefined);
  }

  async delete(versions: readonly string[]): Promise<void> {
    await this.write(
      versions.map((version) => ({ DeleteRequest: { Key: keyOf(this.keys, this.key, version) } })),
    );
  }

  /** Writes each row, whatever is there, and not all at once. */
  async write(requests: readonly WriteRequest[], perRequest = MOST_PER_REQUEST): Promise<void> {
    for (let start = 0; start < requests.length; start += perRequest) {
      let rest = requests.slice(start, start + perRequest);
      for (let tries = 0; rest.length > 0; tries++) {
        if (tries > 0) await pauseBefore(this.#bounds, tries);
        const input = { RequestItems: { [this.#table.name]: rest } };
        const answer = await untilAnswered(this.#bounds, {
          isChange: true,
          send: (options) => this.#table.client.send(new BatchWriteItemCommand(input), options),
          isWhole: ({ UnprocessedItems }) => UnprocessedItems !== undefined,
        });
        rest = Object.values(answer.UnprocessedItems ?? {}).flat();
      }
    }
  }

  /** Puts the row if the condition holds; otherwise returns what is there instead. */
  async #putIf(item: Item, condition: Partial<PutItemCommandInput>): Promise<{ there?: Item } | undefined> {
    const input: PutItemCommandInput = { TableName: this.#table.name, Item: item, ...condition };
    return this.#unlessRefused((options) =>
      this.#table.client.send(new PutItemCommand({ ...input, ...ASK_FOR_CAPACITY }), options),
    );
  }

  /** Undefined when the condition of the write holds; otherwise what is there instead. */
  async #unlessRefused(
    send: Request<{ readonly ConsumedCapacity?: unknown }>['send'],
  ): Promise<{ there?: Item } | undefined> {
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
      return there ? { there } : {};
    }
  }
}

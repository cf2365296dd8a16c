import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  UpdateTimeToLiveCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { resolveStoreOptions, SessionError, withRetries } from '@agent-sessions/session-core/store';
import { describe, isTransient, mayHaveLanded, toSessionError } from './errors';
import type { AttributeNames } from './attributeNames';
import type { DynamoDBSessionClient } from './sessionClient';
import { sessionTable, type SessionTable } from './sessionTable';
import { sendOnce, type Request } from './untilAnswered';
import type { ResolvedAttributeNames } from './rowMapping';

export interface CreateTableOptions {
  /** Turns on TTL, by the attribute `attributeNames.ttl`, of a table that this call creates. Default false. */
  readonly enableTtl?: boolean | undefined;
  /** The same as the sessions' in this table. */
  readonly attributeNames?: AttributeNames | undefined;
  /** Milliseconds for all of it. 1 to 1,800,000. Default 120,000. */
  readonly timeoutMs?: number | undefined;
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

export interface CreateTableResult {
  /** Whether this call created the table. One that exists is left as it is, its TTL setting included. */
  readonly created: boolean;
  /** The attribute by which the table deletes expired rows: for sessions, `attributeNames.ttl`; undefined where TTL is off. */
  readonly ttlAttribute: string | undefined;
}

const DEFAULT_TIMEOUT_MS = 120_000;
const USABLE = new Set<string | undefined>(['ACTIVE', 'UPDATING']);

/**
 * Creates the table for sessions, paid per request, unless there is one, and waits until it is active. Safe when several
 * processes call it at once.
 *
 * @throws `STORE_MISCONFIGURED` when the table exists with other keys, `ACCESS_DENIED`, `STORE_UNAVAILABLE`, `TIMEOUT`,
 * `INVALID_ARGUMENT`
 */
export async function createTableIfNotExists(
  client: DynamoDBSessionClient,
  tableName: string,
  options: CreateTableOptions = {},
): Promise<CreateTableResult> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, enableTtl = false, attributeNames } = options;
  const table = sessionTable(client, tableName, attributeNames);
  const bounds = resolveStoreOptions({ ...options, timeoutMs });
  const setUp = new TableSetUp(table, enableTtl, timeoutMs);
  try {
    return await withRetries({ ...bounds, isTransient: isTransientHere }, ({ signal }) =>
      setUp.attempt(signal),
    );
  } catch (error) {
    if (error instanceof NotActive) {
      throw new SessionError('TIMEOUT', `table ${tableName} is not active after ${timeoutMs} ms`);
    }
    if (SessionError.is(error, 'TIMEOUT')) {
      throw new SessionError('TIMEOUT', `no answer about table ${tableName} within ${timeoutMs} ms`);
    }
    throw toSessionError(error, tableName);
  }
}

class NotActive extends Error {}

function isTransientHere(error: unknown): boolean {
  return error instanceof NotActive || isTransient(error);
}

class TableSetUp {
  readonly #table: SessionTable;
  readonly #enableTtl: boolean;
  readonly #timeoutMs: number;
  #created = false;
  #hung = 0;

  constructor(table: SessionTable, enableTtl: boolean, timeoutMs: number) {
    this.#table = table;
    this.#enableTtl = enableTtl;
    this.#timeoutMs = timeoutMs;
  }

  /** Goes on where the last try failed. */
  async attempt(signal: AbortSignal): Promise<CreateTableResult> {
    const description = await this.#describe(signal);
    if (description === undefined) {
      await this.#create(signal);
      throw new NotActive();
    }
    assertKeys(this.#table, description);
    if (!USABLE.has(description.TableStatus)) throw new NotActive();
    return { created: this.#created, ttlAttribute: await this.#ttlAttribute(signal) };
  }

  async #describe(signal: AbortSignal): Promise<TableDescription | undefined> {
    const { client, name } = this.#table;
    try {
      const { Table } = await this.#send(signal, {
        send: (options) => client.send(new DescribeTableCommand({ TableName: name }), options),
        isWhole: ({ Table }) => Table !== undefined,
      });
      return Table;
    } catch (error) {
      if (describe(error).name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }

  async #create(signal: AbortSignal): Promise<void> {
    const { client, name, mapping } = this.#table;
    const { sessionId, row } = mapping.names;
    const command = new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: sessionId, AttributeType: 'S' },
        { AttributeName: row, AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: sessionId, KeyType: 'HASH' },
        { AttributeName: row, KeyType: 'RANGE' },
      ],
    });
    try {
      await this.#send(signal, {
        send: (options) => client.send(command, options),
        isWhole: ({ TableDescription }) => TableDescription !== undefined,
      });
      this.#created = true;
    } catch (error) {
      // Somebody else was faster; or it was an earlier try of ours, whose answer was lost.
      if (describe(error).name === 'ResourceInUseException') return;
      if (isTransient(error) && mayHaveLanded(error)) this.#created = true;
      throw error;
    }
  }

  async #ttlAttribute(signal: AbortSignal): Promise<string | undefined> {
    const { client, name, mapping } = this.#table;
    const { TimeToLiveDescription: ttl } = await this.#send(signal, {
      send: (options) => client.send(new DescribeTimeToLiveCommand({ TableName: name }), options),
      isWhole: ({ TimeToLiveDescription }) => TimeToLiveDescription !== undefined,
    });
    if (ttl?.TimeToLiveStatus === 'ENABLED' || ttl?.TimeToLiveStatus === 'ENABLING') return ttl.AttributeName;
    if (!this.#created || !this.#enableTtl) return undefined;
    const TimeToLiveSpecification = { Enabled: true, AttributeName: mapping.names.ttl };
    const command = new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification });
    await this.#send(signal, {
      send: (options) => client.send(command, options),
      isWhole: (answer) => answer.TimeToLiveSpecification !== undefined,
    });
    return mapping.names.ttl;
  }

  async #send<T>(signal: AbortSignal, request: Omit<Request<T>, 'isChange'>): Promise<T> {
    try {
      return await sendOnce({ signal, timeoutMs: this.#timeoutMs }, this.#hung, request);
    } catch (error) {
      if (SessionError.is(error, 'TIMEOUT')) this.#hung++;
      throw error;
    }
  }
}

function assertKeys({ name, mapping }: SessionTable, description: TableDescription): void {
  const expected = formatKeys(mapping.names);
  const types = new Map(
    description.AttributeDefinitions?.map(({ AttributeName, AttributeType }) => [
      AttributeName,
      AttributeType,
    ]),
  );
  const found = (description.KeySchema ?? [])
    .map(({ AttributeName, KeyType }) => `${AttributeName} (${types.get(AttributeName)}, ${KeyType})`)
    .join(', ');
  if (found !== expected) {
    throw new SessionError(
      'STORE_MISCONFIGURED',
      `table ${name} has the keys ${found}; sessions need ${expected}`,
    );
  }
}

function formatKeys({ sessionId, row }: ResolvedAttributeNames): string {
  return `${sessionId} (S, HASH), ${row} (S, RANGE)`;
}

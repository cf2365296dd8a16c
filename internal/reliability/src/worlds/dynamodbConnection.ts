import { localClientConfig } from '@agent-sessions/engines';
import { StoredSession } from '@agent-sessions/session-core';
import type { SessionStore, StoreOptions } from '@agent-sessions/session-core/store';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { openWithClock } from '../../../../packages/session-dynamodb/src/dynamodbStore';
import { everySecondCached } from './cached';
import type { Connection } from './world';

export interface DynamoDBConnectionOptions {
  /** The clock of its stores. */
  readonly now?: (() => number) | undefined;
  /** Is told of each request, and of the capacity units that it consumed. */
  readonly onRequest?: ((command: string, units: number) => void) | undefined;
}

export function connectDynamoDB(
  endpoint: string,
  tableName: string,
  { now = Date.now, onRequest }: DynamoDBConnectionOptions = {},
): Connection {
  const client = new DynamoDBClient(localClientConfig(endpoint));
  if (onRequest) meter(client, onRequest);
  const store = (options?: StoreOptions): SessionStore =>
    openWithClock({ ...options, client, tableName }, now);
  const cacheOfNext = everySecondCached();
  return {
    session: (options) => new StoredSession(store(options), { cache: cacheOfNext(), ...options }),
    store,
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}

interface Capacity {
  readonly CapacityUnits?: number;
}

function meter(client: DynamoDBClient, onRequest: (command: string, units: number) => void): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        Object.assign(args.input, { ReturnConsumedCapacity: 'TOTAL' });
        const result = await next(args);
        const { ConsumedCapacity = [] } = result.output as { ConsumedCapacity?: Capacity | Capacity[] };
        const units = [ConsumedCapacity]
          .flat()
          .reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
        onRequest(String(commandName).replace(/Command$/, ''), units);
        return result;
      },
    { step: 'initialize', name: 'meter' },
  );
}

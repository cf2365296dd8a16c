import { localClientConfig } from '@agent-sessions/engines';
import { StoredSession, type StoreOptions } from '@agent-sessions/session-core';
import { DynamoDBStore } from '@agent-sessions/session-dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Connection } from './world';

/** @param now The clock of its stores, for tests of expiry. */
export function connectDynamoDB(endpoint: string, tableName: string, now?: () => number): Connection {
  const client = new DynamoDBClient(localClientConfig(endpoint));
  const store = (options?: StoreOptions): DynamoDBStore =>
    new DynamoDBStore({ ...options, client, tableName }, now);
  return {
    session: (options) => new StoredSession(store(options), options),
    store,
    close: () => Promise.resolve(client.destroy()),
  };
}

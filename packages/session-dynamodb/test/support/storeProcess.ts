/** A process of the conformance kit, with a store on a client of its own. */
import { localClientConfig } from '@agent-sessions/engines';
import { serveStore } from '@agent-sessions/session-core/testing';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStore } from '../../src';

export interface StoreProcessOptions {
  readonly endpoint: string;
  readonly tableName: string;
}

serveStore((options) => {
  const { endpoint, tableName } = options as StoreProcessOptions;
  return new DynamoDBStore({ client: new DynamoDBClient(localClientConfig(endpoint)), tableName });
});

import { localClientConfig } from '@agent-sessions/engines';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Meter } from '../../measure/meter';
import type { Contestant } from '../contestant';

export interface DynamoDBServer {
  readonly endpoint: string;
  /** Its key is `session_id` and `row`, both strings, as sessions want it. */
  readonly tableName: string;
  /** Its key is `session_id` alone: of those who keep a conversation in one item. */
  readonly documentTableName: string;
  /** Counts what the contestant that is connected with it does. */
  readonly meter: Meter;
}

export type DynamoDBContestant = Contestant<DynamoDBServer>;

export const DYNAMODB_LIMIT = 'limit';

export function meteredClient({ endpoint, meter }: DynamoDBServer): DynamoDBClient {
  const client = new DynamoDBClient(localClientConfig(endpoint));
  meter.attach(client);
  return client;
}

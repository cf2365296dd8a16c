import { SessionIndex, type SessionIndexOptions } from '@agent-sessions/session-core';
import { DynamoDBStore, type DynamoDBStoreOptions } from './dynamodbStore';

export interface DynamoDBSessionIndexOptions extends SessionIndexOptions, DynamoDBStoreOptions {}

/** The sessions of one owner in a DynamoDB table, with the options of the store that those have. */
export class DynamoDBSessionIndex extends SessionIndex {
  /** @throws `INVALID_ARGUMENT` */
  constructor(options: DynamoDBSessionIndexOptions) {
    super(new DynamoDBStore(options), options);
  }
}

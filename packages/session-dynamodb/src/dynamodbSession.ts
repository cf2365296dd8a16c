import { StoredSession, type SessionOptions } from '@agent-sessions/session-core';
import { DynamoDBStore, type DynamoDBStoreOptions } from './dynamodbStore';

export interface DynamoDBSessionOptions extends SessionOptions, DynamoDBStoreOptions {}

/** A durable session of the OpenAI Agents SDK in a DynamoDB table. */
export class DynamoDBSession extends StoredSession {
  /** @throws `INVALID_ARGUMENT` */
  constructor(options: DynamoDBSessionOptions) {
    super(new DynamoDBStore(options), options);
  }
}

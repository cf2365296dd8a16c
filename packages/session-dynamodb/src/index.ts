/** All that an application uses of the core too, so that it installs and imports one package. */
export * from '@agent-sessions/session-core';
export type { StoreOptions, TtlRefresh } from '@agent-sessions/session-core/store';
export { DynamoDBSession, type DynamoDBSessionOptions } from './dynamodbSession';
export { DynamoDBSessionIndex, type DynamoDBSessionIndexOptions } from './dynamodbSessionIndex';
export { DynamoDBStore, type DynamoDBStoreOptions } from './dynamodbStore';
export type { AttributeNames } from './table/attributeNames';
export type { DynamoDBSessionClient } from './table/sessionClient';
export { createTableIfNotExists, type CreateTableOptions, type CreateTableResult } from './table/create';

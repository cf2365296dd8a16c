export { DynamoDBSession, type DynamoDBSessionOptions } from './dynamodbSession';
export { DynamoDBStore, type DynamoDBStoreOptions } from './dynamodbStore';
export type { AttributeNames } from './table/attributeNames';
export type { DynamoDBSessionClient } from './table/client';
export { createTableIfNotExists, type CreateTableOptions, type CreateTableResult } from './table/create';

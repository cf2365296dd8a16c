export type { AttributeNames } from './attributeNames';
export { createTableIfNotExists, type CreateTableOptions, type CreateTableResult } from './createTable';
export { DynamoDBSession, type DynamoDBSessionOptions } from './dynamodbSession';
export { DynamoDBStore, type DynamoDBStoreOptions } from './dynamodbStore';
export type { DynamoDBSessionClient } from './sessionTable';

import { SessionError } from '@agent-sessions/session-core/store';
import { resolveAttributeNames, type AttributeNames } from './attributeNames';
import { RowMapping } from './rowMapping';
import { assertClient, type DynamoDBSessionClient } from './sessionClient';

export interface SessionTable {
  readonly client: DynamoDBSessionClient;
  readonly name: string;
  readonly mapping: RowMapping;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html#API_PutItem_RequestParameters */
const TABLE_NAME = /^[a-zA-Z0-9_.-]{3,255}$/;
const TABLE_ARN = /^arn:[^\s]{1,1020}$/;

/** @throws `INVALID_ARGUMENT` */
export function sessionTable(
  client: unknown,
  name: unknown,
  attributeNames: AttributeNames | undefined,
): SessionTable {
  assertClient(client);
  if (typeof name !== 'string' || !(TABLE_NAME.test(name) || TABLE_ARN.test(name))) {
    throw new SessionError(
      'INVALID_ARGUMENT',
      'tableName must have 3 to 255 characters of a-z A-Z 0-9 _ . -, or be the ARN of a table',
    );
  }
  return { client, name, mapping: new RowMapping(resolveAttributeNames(attributeNames)) };
}

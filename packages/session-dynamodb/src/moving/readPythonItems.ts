import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { AgentInputItem } from '@openai/agents';
import { itemsInJson } from '@agent-sessions/session-core/moving';
import { SessionError, type StoreOptions } from '@agent-sessions/session-core/store';
import type { DynamoDBSessionClient } from '../table/sessionClient';
import { sessionTable } from '../table/sessionTable';
import { untilAnswered } from '../table/untilAnswered';
import { readWithin } from './readWithin';

export interface PythonDynamoDBOptions extends Pick<StoreOptions, 'timeoutMs' | 'signal'> {
  readonly client: DynamoDBSessionClient;
  readonly tableName: string;
  readonly sessionId: string;
}

/** https://github.com/xncbf/openai-agents-session/blob/main/src/openai_agents_session/dynamodb.py */
const PARTITION_KEY = 'session_id';
const ITEMS = 'conversation_data';

/**
 * The items of a session that the package `openai-agents-session` for Python has stored in its table, as those of the SDK for
 * JavaScript: see `fromResponsesItems`. They are only read (`dynamodb:GetItem`): pass them to `importItems`.
 *
 * @returns none where there is no such session
 * @throws `INVALID_ARGUMENT` for what is no JSON, or an item that cannot be converted, and tells its place; the errors of a read.
 */
export async function readPythonItems(options: PythonDynamoDBOptions): Promise<AgentInputItem[]> {
  const { sessionId } = options;
  const { client, name } = sessionTable(options.client, options.tableName, undefined);
  if (typeof sessionId !== 'string' || sessionId === '') {
    throw new SessionError('INVALID_ARGUMENT', 'sessionId must be a non-empty string');
  }
  const command = new GetItemCommand({
    TableName: name,
    Key: { [PARTITION_KEY]: { S: sessionId } },
    ConsistentRead: true,
    ProjectionExpression: ITEMS,
    // So that there is something in the answer by which to know it, also where there is no item.
    ReturnConsumedCapacity: 'TOTAL',
  });
  const answer = await readWithin(options, name, (bounds) =>
    untilAnswered(bounds, {
      isChange: false,
      send: (sending) => client.send(command, sending),
      isWhole: ({ ConsumedCapacity }) => ConsumedCapacity !== undefined,
    }),
  );
  const text = answer.Item?.[ITEMS]?.S;
  return text === undefined ? [] : itemsInJson([text]);
}

import { localClientConfig, startDynamoDB } from '@agent-sessions/engines';
import { createTableIfNotExists } from '@agent-sessions/session-dynamodb';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBContestant } from '../contestants/dynamodb/server';
import { keepAwake, startDelayedServer } from '../measure/children';
import type { Conditions } from '../measure/conditions';
import { Meter } from '../measure/meter';
import type { Arena } from './arena';

const TABLES = { tableName: 'rows', documentTableName: 'documents' } as const;

/** A DynamoDB engine of its own, with the tables of all contestants. */
export async function openDynamoDB(
  contestants: readonly DynamoDBContestant[],
  conditions: Conditions,
): Promise<Arena> {
  const engine = await startDynamoDB({});
  const proxy = conditions.delayMs > 0 ? await startDelayedServer(engine, conditions.delayMs) : undefined;
  await createTables(engine.endpoint);
  const entrants = await Promise.all(
    contestants.map(async (contestant) => {
      const at = (endpoint: string, meter: Meter) => contestant.connect({ ...TABLES, endpoint, meter });
      const meter = new Meter();
      const endpoint = proxy === undefined ? engine.endpoint : `http://${proxy.host}:${proxy.port}`;
      return {
        contestant,
        direct: await at(engine.endpoint, new Meter()),
        measured: await at(endpoint, meter),
        meter,
      };
    }),
  );
  const awake = conditions.isAwake ? keepAwake() : undefined;
  return {
    entrants,
    // Another conversation's rows do not slow it down.
    sweep: () => Promise.resolve(),
    close: async () => {
      awake?.stop();
      await Promise.all(entrants.flatMap(({ direct, measured }) => [direct.close(), measured.close()]));
      proxy?.stop();
      await engine.stop();
    },
  };
}

async function createTables(endpoint: string): Promise<void> {
  const client = new DynamoDBClient(localClientConfig(endpoint));
  await createTableIfNotExists(client, TABLES.tableName);
  await client.send(
    new CreateTableCommand({
      TableName: TABLES.documentTableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'session_id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'session_id', AttributeType: 'S' }],
    }),
  );
  client.destroy();
}

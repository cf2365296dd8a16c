import { randomUUID } from 'node:crypto';
import { localClientConfig, startDynamoDB } from '@agent-sessions/engines';
import { createTableIfNotExists } from '@agent-sessions/session-dynamodb';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBContestant, DynamoDBServer } from '../contestants/dynamodb/server';
import { keepAwake, startDelayedServer } from '../measure/children';
import type { Conditions } from '../measure/conditions';
import { Meter } from '../measure/meter';
import type { Arena } from './arena';

/** A DynamoDB engine, the one that `DYNAMODB_ENDPOINT` names where it does, with tables of our own. */
export async function openDynamoDB(
  contestants: readonly DynamoDBContestant[],
  conditions: Conditions,
): Promise<Arena> {
  const engine = await startDynamoDB();
  const proxy = conditions.delayMs > 0 ? await startDelayedServer(engine, conditions.delayMs) : undefined;
  const admin = new DynamoDBClient(localClientConfig(engine.endpoint));
  const tables = await createTables(admin);
  const entrants = await Promise.all(
    contestants.map(async (contestant) => {
      const at = (endpoint: string, meter: Meter) => contestant.connect({ ...tables, endpoint, meter });
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
      for (const TableName of Object.values(tables)) await admin.send(new DeleteTableCommand({ TableName }));
      admin.destroy();
      await engine.stop();
    },
  };
}

type Tables = Pick<DynamoDBServer, 'tableName' | 'documentTableName'>;

async function createTables(client: DynamoDBClient): Promise<Tables> {
  const name = `benchmark-${randomUUID()}`;
  const tables: Tables = { tableName: `${name}-rows`, documentTableName: `${name}-documents` };
  await createTableIfNotExists(client, tables.tableName);
  await client.send(
    new CreateTableCommand({
      TableName: tables.documentTableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'session_id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'session_id', AttributeType: 'S' }],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName: tables.documentTableName });
  return tables;
}

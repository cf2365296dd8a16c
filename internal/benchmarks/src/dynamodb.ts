import { randomUUID } from 'node:crypto';
import { localClientConfig, startDynamoDB } from '@agent-sessions/engines';
import { createTableIfNotExists, DynamoDBSession } from '@agent-sessions/session-dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { turn } from './items';
import { meter } from './meter';

/** What DynamoDB bills, which does not depend on the machine. */
export async function benchmarkDynamoDB(turns: number): Promise<void> {
  const engine = await startDynamoDB();
  const client = new DynamoDBClient(localClientConfig(engine.endpoint));
  const tableName = `benchmark-${randomUUID()}`;
  try {
    await createTableIfNotExists(client, tableName);
    const session = new DynamoDBSession({ client, tableName, sessionId: 'session' });
    const measured = meter(client);
    const appends: number[] = [];
    for (let number = 0; number < turns; number++) {
      await session.getItems();
      const before = measured();
      await session.addItems(turn(number));
      const after = measured();
      appends.push(after.units - before.units);
      if (after.requests - before.requests !== 1) throw new Error('an append took more than one request');
    }
    const before = measured();
    await session.getItems();
    const after = measured();
    console.log(`DynamoDB, ${turns} turns of ${Buffer.byteLength(JSON.stringify(turn(0)))} bytes`);
    console.log(`  an append: 1 request, ${Math.min(...appends)} to ${Math.max(...appends)} write units`);
    console.log(
      `  a read of all: ${after.requests - before.requests} request, ${after.units - before.units} read units`,
    );

    const writers = ['a', 'b'].map(() => new DynamoDBSession({ client, tableName, sessionId: 'shared' }));
    await Promise.all(
      writers.map(async (writer, index) => {
        for (let number = 0; number < 200; number++) {
          await writer.addItems([{ role: 'user', content: `${index}/${number}` }]);
        }
      }),
    );
    const kept = await new DynamoDBSession({ client, tableName, sessionId: 'shared' }).getItems();
    console.log(`  two writers of 200 items each on one session: ${kept.length} of 400 are there`);
  } finally {
    client.destroy();
    await engine.stop();
  }
}

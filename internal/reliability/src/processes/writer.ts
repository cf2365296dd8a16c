/** A process that writes to sessions until it is done, or killed: `writer.ts <orders>`, see messages.ts. */
import { writeSync } from 'node:fs';
import { Dice } from '../workload/dice';
import type { HistorySink } from '../workload/history';
import { RecordedSession } from '../workload/recorder';
import { Tally } from '../workload/tally';
import { Actor } from '../workload/workload';
import type { Connection } from '../worlds/world';
import { toLine, type Orders, type Report } from './messages';

async function main(): Promise<void> {
  const orders = JSON.parse(process.argv[2] ?? '') as Orders;
  const dice = new Dice(orders.seed);
  const connection = await connect(orders);
  const writing = orders.sessionIds.flatMap((sessionId, session) =>
    Array.from({ length: orders.writers }, async (_, index) => {
      const client = `${orders.name}w${index}`;
      const recorded = new RecordedSession(
        client,
        connection.session({ sessionId }),
        sinkOf(session),
        new Tally(),
      );
      const actor = new Actor(recorded, orders.workload, dice.next());
      for (let call = 0; call < orders.calls; call++) await actor.act();
    }),
  );
  await Promise.all(writing);
  await connection.close();
}

/** By the one driver that it takes, because loading the other would take longer than all that the process then does. */
async function connect({ backend, address }: Orders): Promise<Connection> {
  if (backend === 'redis') {
    const { connectRedis } = await import('../worlds/redisConnection');
    return connectRedis(Number(address));
  }
  const { connectDynamoDB } = await import('../worlds/dynamodbConnection');
  const [endpoint = '', tableName = ''] = address.split(' ');
  return connectDynamoDB(endpoint, tableName);
}

function sinkOf(session: number): HistorySink {
  const report = (rest: Omit<Report, 'session'>): void => print(toLine({ session, ...rest }));
  return {
    called: (call, operation) => report({ call, event: 'called', operation }),
    returned: (call, operation) => report({ call, event: 'returned', operation }),
  };
}

/** At once: what is only buffered when the process is killed was never said. */
function print(line: string): void {
  const bytes = Buffer.from(line);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      // The pipe is full, and its reader busy.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

void main();

import { isDeepStrictEqual } from 'node:util';
import { toAgentItem, toItem } from '../workload/items';
import { DynamoDBWorld } from '../worlds/dynamodbWorld';
import type { Scenario } from './scenario';
import { inWorld } from './stage';
import { Violation } from './verdicts';

const TTL_SECONDS = 30 * 86_400;
const TURNS_PER_PERIOD = 25;
const ITEMS_PER_TURN = 4;
const TURNS_PER_LOOK = 10;

/**
 * A session that is written to now and then lives on for many times its time to live, while the server deletes each row as
 * soon as it may. Nothing vanishes; counted is what is written for that, beyond one row per turn.
 */
export const longLife: Scenario = {
  name: 'a life of many times to live',
  backends: ['dynamodb'],
  async run(_backend, size, { dice, figures }) {
    let now = Date.now();
    const onRequest = (command: string, units: number): void => {
      figures.add(`requests: ${command}`);
      figures.add(`capacity units: ${command}`, units);
    };
    await inWorld(DynamoDBWorld.open({ now: () => now, onRequest }), figures, async (world) => {
      const connection = await world.connect();
      const sessionId = `session-${dice.next()}`;
      const session = connection.session({ sessionId, ttlSeconds: TTL_SECONDS });
      const turns = TURNS_PER_PERIOD * (size === 'short' ? 4 : 30);
      const expected: string[] = [];
      for (let turn = 1; turn <= turns; turn++) {
        const items = Array.from({ length: ITEMS_PER_TURN }, (_, index) => `t${turn}.${index}+200`);
        await session.addItems(items.map(toAgentItem));
        expected.push(...items);
        now += dice.integer(0, (2 * TTL_SECONDS * 1_000) / TURNS_PER_PERIOD);
        figures.add('rows that the server deleted', await reap(world, sessionId, now));
        if (turn % TURNS_PER_LOOK > 0) continue;
        const found = (await world.judge.session({ sessionId }).getItems()).map(toItem);
        if (!isDeepStrictEqual(found, expected)) {
          throw new Violation(`${found.length} items are there, instead of ${expected.length}`);
        }
      }
      figures.add('turns', turns);
      figures.add('acknowledged items', expected.length);
      figures.add('items at the end', expected.length);
      figures.add('sessions checked');
      await connection.close();
    });
  },
};

async function reap(world: DynamoDBWorld, sessionId: string, now: number): Promise<number> {
  const due = (await world.rows(sessionId)).filter(({ ttl }) => Number(ttl?.N ?? Infinity) * 1_000 <= now);
  for (const row of due) await world.delete(row);
  return due.length;
}

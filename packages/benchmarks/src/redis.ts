import { randomUUID } from 'node:crypto';
import { startRedis } from '@agent-sessions/engines';
import { RedisSession } from '@agent-sessions/session-redis';
import type { AgentInputItem } from '@openai/agents';
import { createClient } from 'redis';
import { compare } from './compare';
import { turn } from './items';

const TTL_SECONDS = 3_600;

/** A turn of a conversation: read all, append the new items. Beside it the least that the raw driver can do. */
export async function benchmarkRedis(historyTurns: number, rounds: number): Promise<void> {
  const engine = await startRedis();
  const client = createClient({ url: engine.url });
  await client.connect();
  const prefix = `benchmark-${randomUUID()}`;
  try {
    const history = Array.from({ length: historyTurns }, (_, index) => turn(index)).flat();
    const items = turn(historyTurns);
    const raw = (key: string) => ({
      read: async () => (await client.lRange(key, 0, -1)).map((text) => JSON.parse(text) as AgentInputItem),
      append: (added: AgentInputItem[]) =>
        Promise.all([
          client.rPush(
            key,
            added.map((item) => JSON.stringify(item)),
          ),
          client.expire(key, TTL_SECONDS),
        ]),
      restore: () => client.lTrim(key, 0, history.length - 1),
    });
    const plain = raw(`${prefix}:raw`);
    await plain.append(history);
    const session = new RedisSession({
      client,
      keyPrefix: prefix,
      sessionId: 'session',
      ttlSeconds: TTL_SECONDS,
    });
    await session.addItems(history);
    const contenders = [
      {
        name: 'raw: LRANGE + JSON, then RPUSH and EXPIRE in one pipeline',
        run: async () => {
          await plain.read();
          await plain.append(items);
        },
      },
      {
        name: 'RedisSession: getItems, then addItems',
        run: async () => {
          await session.getItems();
          await session.addItems(items);
        },
      },
    ];
    const results = await compare(contenders, rounds, async () => {
      await plain.restore();
      await session.rewriteHistory(() => history);
    });
    console.log(`Redis, a turn of ${items.length} items on a history of ${history.length}, ${rounds} rounds`);
    for (const { name, medianMs, ratio } of results) {
      console.log(`  ${ratio.toFixed(2)} ×  ${medianMs.toFixed(3)} ms  ${name}`);
    }
    await client.del([`${prefix}:raw`]);
    await session.clearSession();
  } finally {
    await client.close();
    await engine.stop();
  }
}

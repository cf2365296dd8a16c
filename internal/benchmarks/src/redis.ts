import { randomUUID } from 'node:crypto';
import { startRedis } from '@agent-sessions/engines';
import { RedisSession, type RedisSessionClient } from '@agent-sessions/session-redis';
import type { AgentInputItem } from '@openai/agents';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { compare } from './compare';
import { turn } from './items';

const TTL_SECONDS = 3_600;
/** Then both begin another conversation, so that the history stays about as long as it was. */
const TURNS_MEASURED = 10;

interface Conversation {
  read(): Promise<AgentInputItem[]>;
  append(items: AgentInputItem[]): Promise<unknown>;
  end(): Promise<unknown>;
}

/** A turn of a conversation: read all, append the new items. Beside it the least that the raw driver can do. */
export async function benchmarkRedis(historyTurns: number, rounds: number): Promise<void> {
  const engine = await startRedis();
  const keyPrefix = `benchmark-${randomUUID()}`;
  const client = await createClient({ url: engine.url }).connect();
  const ioRedis = new Redis(engine.url);
  let conversations = 0;

  const beginRaw = (): Conversation => {
    const key = `${keyPrefix}:raw:${conversations}`;
    return {
      read: async () => (await client.lRange(key, 0, -1)).map(parse),
      append: (items) =>
        Promise.all([client.rPush(key, items.map(stringify)), client.expire(key, TTL_SECONDS)]),
      end: () => client.del([key]),
    };
  };
  const beginRawOnIORedis = (): Conversation => {
    const key = `${keyPrefix}:raw-ioredis:${conversations}`;
    return {
      read: async () => (await ioRedis.lrange(key, 0, -1)).map(parse),
      append: (items) =>
        ioRedis
          .pipeline()
          .rpush(key, ...items.map(stringify))
          .expire(key, TTL_SECONDS)
          .exec(),
      end: () => ioRedis.del(key),
    };
  };
  const beginSession = (client: RedisSessionClient, name: string) => (): Conversation => {
    const sessionId = `${name}-${conversations}`;
    const session = new RedisSession({ client, keyPrefix, sessionId, ttlSeconds: TTL_SECONDS });
    return {
      read: () => session.getItems(),
      append: (items) => session.addItems(items),
      end: () => session.clearSession(),
    };
  };

  try {
    await measure('redis', beginRaw, beginSession(client, 'redis'));
    await measure('ioredis', beginRawOnIORedis, beginSession(ioRedis, 'ioredis'));
  } finally {
    await client.close();
    ioRedis.disconnect();
    await engine.stop();
  }

  async function measure(
    driver: string,
    beginRaw: () => Conversation,
    beginSession: () => Conversation,
  ): Promise<void> {
    const history = Array.from({ length: historyTurns }, (_, index) => turn(index)).flat();
    const items = turn(historyTurns);
    let [raw, session] = [beginRaw(), beginSession()];
    const takeTurn = async (conversation: Conversation): Promise<void> => {
      await conversation.read();
      await conversation.append(items);
    };
    let round = 0;
    const results = await compare(
      [
        { name: 'raw: LRANGE + JSON, then RPUSH and EXPIRE in one pipeline', run: () => takeTurn(raw) },
        { name: 'RedisSession: getItems, then addItems', run: () => takeTurn(session) },
      ],
      rounds,
      async () => {
        if (round++ % TURNS_MEASURED !== 0) return;
        await Promise.all([raw.end(), session.end()]);
        conversations++;
        [raw, session] = [beginRaw(), beginSession()];
        await Promise.all([raw.append(history), session.append(history)]);
      },
    );
    console.log(
      `Redis by ${driver}, a turn of ${items.length} items on a history of ${history.length}, ${rounds} rounds`,
    );
    for (const { name, medianMs, ratio } of results) {
      console.log(`  ${ratio.toFixed(2)} ×  ${medianMs.toFixed(3)} ms  ${name}`);
    }
    await Promise.all([raw.end(), session.end()]);
  }
}

const parse = (text: string): AgentInputItem => JSON.parse(text) as AgentInputItem;
const stringify = (item: AgentInputItem): string => JSON.stringify(item);

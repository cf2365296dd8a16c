import { HistoryCache, RedisSession } from '@agent-sessions/session-redis';
import { createClient } from 'redis';
import { CACHE_BYTES } from '../contestants/cacheBytes';
import { REDIS_CONTESTANTS } from '../contestants/redis';
import { REDIS_LIMIT } from '../contestants/redis/server';
import { IDLE } from '../measure/conditions';
import { retained } from '../measure/heap';
import { figures, ratio } from '../report/numbers';
import type { Table } from '../report/section';
import { bytesOf, conversation } from '../workload/turns';
import { seeded } from './arena';
import { openRedis } from './redisArena';
import type { Suite } from './suite';

const ITEMS = 1_000;
const CACHED_SESSIONS = 10;

export const redisMemory: Suite = {
  name: 'redis memory',
  run: async ({ progress }) => {
    progress.step('Redis, memory');
    const contestants = REDIS_CONTESTANTS.filter(
      ({ limit, remembers }) => limit === REDIS_LIMIT && remembers !== true,
    );
    const arena = await openRedis(contestants, IDLE);
    const json = bytesOf(conversation(ITEMS));
    const row = (name: string, bytes: number) => [name, figures(bytes / 1_000), ratio(bytes / json)];
    try {
      const rows: string[][] = [];
      for (const entrant of arena.entrants) {
        await arena.sweep();
        await seeded(entrant, conversation(ITEMS));
        rows.push(row(entrant.contestant.name, await arena.memory()));
      }
      const cached = await memoryOfCache(arena.url);
      const columns = ['', 'KB', 'times the JSON'];
      const tables: Table[] = [
        { title: 'In Redis', columns, rows },
        {
          title: 'In a process with a HistoryCache',
          columns,
          rows: [row('by its own count', cached.counted), row('by the heap', cached.retained)],
        },
      ];
      return {
        title: 'Redis: memory',
        text:
          'Of 1,000 items that were appended two at a time: `MEMORY USAGE` of all keys of the conversation; and what a ' +
          '`HistoryCache` in the process takes once they were read.',
        tables,
      };
    } finally {
      await arena.close();
    }
  },
};

/** Bytes per session. */
async function memoryOfCache(url: string): Promise<{ readonly counted: number; readonly retained: number }> {
  const client = await createClient({ url }).connect();
  const items = conversation(ITEMS);
  const ids = Array.from({ length: CACHED_SESSIONS }, (_, number) => `memory-${number}`);
  for (const sessionId of ids) {
    await new RedisSession({ client, sessionId }).addItems(items);
  }
  const { made: cache, bytes } = await retained(async () => {
    const filled = new HistoryCache({ maxBytes: CACHE_BYTES });
    for (const sessionId of ids) await new RedisSession({ client, sessionId, cache: filled }).getItems();
    return filled;
  });
  await client.close();
  return { counted: cache.stats.bytes / CACHED_SESSIONS, retained: bytes / CACHED_SESSIONS };
}

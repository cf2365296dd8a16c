import { REDIS_CONTESTANTS } from '../contestants/redis';
import { IDLE } from '../measure/conditions';
import { figures, ratio } from '../report/numbers';
import { bytesOf, conversation } from '../workload/turns';
import { seeded } from './arena';
import { openRedis } from './redisArena';
import type { Suite } from './suite';

const ITEMS = 1_000;

export const redisMemory: Suite = {
  name: 'redis memory',
  run: async ({ progress }) => {
    progress.step('Redis, memory');
    const arena = await openRedis(
      REDIS_CONTESTANTS.filter(({ limit }) => limit === 'limit'),
      IDLE,
    );
    const items = conversation(ITEMS);
    const rows: string[][] = [];
    try {
      for (const entrant of arena.entrants) {
        await arena.sweep();
        await seeded(entrant, items);
        const bytes = await arena.memory();
        rows.push([entrant.contestant.name, figures(bytes / 1_000), ratio(bytes / bytesOf(items))]);
      }
    } finally {
      await arena.close();
    }
    return {
      title: 'Redis: memory',
      text: 'Of 1,000 items that were appended two at a time: `MEMORY USAGE` of all keys of the conversation.',
      tables: [{ columns: ['', 'KB', 'times the JSON'], rows }],
    };
  },
};

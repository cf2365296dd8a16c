import { REDIS_CONTESTANTS } from '../contestants/redis';
import { REDIS_LIMIT } from '../contestants/redis/server';
import { AWAKE } from '../measure/conditions';
import { rotate } from '../measure/rotate';
import { median } from '../measure/statistics';
import { figures, ratio } from '../report/numbers';
import { conversation, inAppendsOf, ITEMS_PER_TURN } from '../workload/turns';
import { seeded, type Entrant } from './arena';
import { openRedis, type RedisArena } from './redisArena';
import type { Suite } from './suite';

const APPENDS = 20;
const BASELINE = 'minimal script';

/** What of an append is the server's work. */
export const serverTime: Suite = {
  name: 'redis server-time',
  run: async ({ scale, progress }) => {
    const arena = await openRedis(
      REDIS_CONTESTANTS.filter(({ limit, isOneValue }) => limit === REDIS_LIMIT && isOneValue !== true),
      AWAKE,
    );
    try {
      const rows = new Map(arena.entrants.map(({ contestant }) => [contestant.name, [] as number[]]));
      for (const items of scale.redisRounds.keys()) {
        progress.step(`Redis, the server's time at ${items} items`);
        const times = new Map(arena.entrants.map(({ contestant }) => [contestant.name, [] as number[]]));
        await rotate(arena.entrants, scale.repetitions + 2, async (entrant) => {
          times.get(entrant.contestant.name)?.push(await timeOfAppends(arena, entrant, items));
        });
        await arena.sweep();
        for (const [name, all] of times) rows.get(name)?.push(median(all));
      }
      const baseline = rows.get(BASELINE) ?? [];
      return {
        title: "Redis: the server's time for an append",
        text:
          'By `INFO commandstats`, in microseconds for an append of two items, and as a multiple of the minimal script. ' +
          'LangChain sends two commands per item.',
        tables: [
          {
            columns: [
              'items in the history',
              ...[...scale.redisRounds.keys()].map((items) => items.toLocaleString('en-US')),
            ],
            rows: [...rows].map(([name, all]) => [
              name,
              ...all.map((us, index) => `${figures(us)} (${ratio(us / (baseline[index] ?? NaN))})`),
            ]),
          },
        ],
      };
    } finally {
      await arena.close();
    }
  },
};

async function timeOfAppends(arena: RedisArena, entrant: Entrant, items: number): Promise<number> {
  const begun = await seeded(entrant, conversation(items));
  const turns = inAppendsOf(ITEMS_PER_TURN, conversation(APPENDS * ITEMS_PER_TURN, 77));
  await arena.resetStatistics();
  for (const turn of turns) await begun?.conversation.append(turn);
  return spentBy(await arena.info('commandstats')) / APPENDS;
}

/** In microseconds. The commands that a script calls are counted again on their own, so a script's time is the whole. */
function spentBy(statistics: string): number {
  const times = new Map(
    [...statistics.matchAll(/^cmdstat_([^:|]+)[^:]*:calls=\d+,usec=(\d+)/gm)].map(([, name = '', usec]) => [
      name,
      Number(usec),
    ]),
  );
  const script = times.get('evalsha');
  if (script !== undefined) return script;
  return [...times]
    .filter(([name]) => name !== 'config' && name !== 'info')
    .reduce((sum, [, usec]) => sum + usec, 0);
}

import { REDIS_CONTESTANTS } from '../contestants/redis';
import { REDIS_LIMIT } from '../contestants/redis/server';
import { AWAKE } from '../measure/conditions';
import { rotate, timed } from '../measure/rotate';
import { median } from '../measure/statistics';
import { lines, type Point } from '../report/charts';
import { figures, ratio } from '../report/numbers';
import { conversation, inAppendsOf, ITEMS_PER_TURN } from '../workload/turns';
import { openRedis, type RedisArena } from './redisArena';
import { readWhole } from './arena';
import type { Suite } from './suite';

const BLOCKS = 40;

/** One conversation from its first turn to its last. */
export const redisGrowth: Suite = {
  name: 'redis growth',
  run: async ({ scale, progress }) => {
    const arena = await openRedis(
      REDIS_CONTESTANTS.filter(({ limit }) => limit === REDIS_LIMIT),
      AWAKE,
    );
    const turns = inAppendsOf(ITEMS_PER_TURN, conversation(scale.growthTurns * ITEMS_PER_TURN));
    const block = Math.max(1, Math.ceil(turns.length / BLOCKS));
    const blocks = Math.ceil(turns.length / block);
    const growing = arena.entrants.map(({ contestant, measured }) => ({
      name: contestant.name,
      conversation: measured.open('growing'),
      ms: 0,
      read: 0,
      written: 0,
      medians: [] as number[],
    }));
    progress.step(`Redis, a conversation of ${scale.growthTurns} turns`);
    try {
      await rotate(growing, blocks, async (one, round) => {
        const times: number[] = [];
        const before = await traffic(arena);
        for (let turn = round * block; turn < Math.min((round + 1) * block, turns.length); turn++) {
          times.push(
            await timed(async () => {
              await readWhole(one.conversation, turn * ITEMS_PER_TURN);
              await one.conversation.append(turns[turn] ?? []);
            }),
          );
        }
        const after = await traffic(arena);
        const own = await traffic(arena);
        // Asking costs something too, which the third answer shows.
        one.read += after.out - before.out - (own.out - after.out);
        one.written += after.in - before.in - (own.in - after.in);
        one.ms += times.reduce((sum, ms) => sum + ms, 0);
        one.medians.push(median(times));
        progress.at(round, blocks);
      });
    } finally {
      await arena.close();
    }
    const limit = growing.find(({ name }) => name === 'limit');
    const points: Point[] = growing.flatMap(({ name, medians }) =>
      medians.map((y, index) => ({ contestant: name, x: index * block, y })),
    );
    return {
      title: `Redis: a conversation of ${scale.growthTurns.toLocaleString('en-US')} turns`,
      text:
        'Each turn reads the history so far and appends two items. Bytes are those of the network, as the server counts ' +
        'them.',
      tables: [
        {
          columns: ['', 'seconds', 'times the limit', 'MB written', 'MB read', 'read / written'],
          rows: growing.map(({ name, ms, read, written }) => [
            name,
            figures(ms / 1_000),
            ratio(ms / (limit?.ms ?? NaN)),
            figures(written / 1e6),
            figures(read / 1e6),
            ratio(read / written),
          ]),
        },
      ],
      charts: [
        {
          name: 'redis-growth',
          alt: 'How long a turn on Redis takes as a conversation grows',
          spec: lines(
            'Redis: a turn as the conversation grows',
            points,
            { x: 'turns so far', y: 'ms' },
            'log',
          ),
        },
      ],
    };
  },
};

async function traffic(arena: RedisArena): Promise<{ readonly in: number; readonly out: number }> {
  const statistics = await arena.info('stats');
  const bytes = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(statistics)?.[1]);
  return { in: bytes('total_net_input_bytes'), out: bytes('total_net_output_bytes') };
}

import { randomUUID } from 'node:crypto';
import { timed, rotate } from '../measure/rotate';
import { median } from '../measure/statistics';
import { ratio, whole } from '../report/numbers';
import { conversation, inAppendsOf, ITEMS_PER_TURN } from '../workload/turns';
import { readWhole, type Arena } from './arena';
import type { Suite } from './suite';

/** Many conversations at once, on one connection or pool each. */
export function throughput(engine: string, open: () => Promise<Arena>): Suite {
  return {
    name: `${engine.toLowerCase()} throughput`,
    run: async ({ scale, progress }) => {
      const { throughputSessions: sessions, throughputTurns, repetitions } = scale;
      progress.step(`${engine}, ${sessions} sessions at once`);
      const turns = inAppendsOf(ITEMS_PER_TURN, conversation(throughputTurns * ITEMS_PER_TURN));
      const arena = await open();
      const rates = new Map(arena.entrants.map(({ contestant }) => [contestant, [] as number[]]));
      try {
        await rotate(arena.entrants, repetitions + 1, async ({ contestant, measured }, round) => {
          const ids = Array.from({ length: sessions }, () => randomUUID());
          const ms = await timed(() =>
            Promise.all(
              ids.map(async (id) => {
                const conversationOfIt = measured.open(id);
                for (const [index, turn] of turns.entries()) {
                  await readWhole(conversationOfIt, index * ITEMS_PER_TURN);
                  await conversationOfIt.append(turn);
                }
              }),
            ),
          );
          if (round > 0) rates.get(contestant)?.push((sessions * turns.length * 1_000) / ms);
          progress.at(round, repetitions);
        });
      } finally {
        await arena.close();
      }
      const medianOf = (name: string) =>
        median([...rates].find(([contestant]) => contestant.name === name)?.[1] ?? []);
      return {
        title: `${engine}: ${sessions} sessions at once`,
        text: `Each has ${turns.length} turns, one after the other, from its first on; all share a process.`,
        tables: [
          {
            columns: ['', 'turns per second', 'times the limit'],
            rows: [...rates.keys()].map(({ name, limit }) => [
              name,
              whole(medianOf(name)),
              ratio(medianOf(name) / medianOf(limit)),
            ]),
          },
        ],
      };
    },
  };
}

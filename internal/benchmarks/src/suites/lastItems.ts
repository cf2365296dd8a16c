import { rotate, timed } from '../measure/rotate';
import { difference, type Units } from '../measure/meter';
import { summarize } from '../measure/statistics';
import { figures, ratio } from '../report/numbers';
import type { Table } from '../report/section';
import { conversation, ITEMS_PER_TURN } from '../workload/turns';
import { seeded, type Arena } from './arena';
import type { Suite } from './suite';

const LAST = 20;

/**
 * Reads the newest items of a long history.
 *
 * @param itemsPerAppend - how the history was appended: on DynamoDB, how many items a row has
 */
export function lastItems(
  engine: string,
  open: () => Promise<Arena>,
  itemsPerAppend: readonly number[] = [ITEMS_PER_TURN],
): Suite {
  return {
    name: `${engine.toLowerCase()} last-20`,
    run: async ({ scale, progress }) => {
      progress.step(`${engine}, the last ${LAST} of ${scale.longHistory}`);
      const arena = await open();
      const tables: Table[] = [];
      try {
        for (const count of itemsPerAppend) {
          tables.push(await measure(arena, scale.longHistory, count, scale.repetitions * 20));
        }
      } finally {
        await arena.close();
      }
      return {
        title: `${engine}: the last ${LAST} of ${scale.longHistory.toLocaleString('en-US')} items`,
        text: 'Median and 99th percentile in milliseconds. LangChain and whoever keeps one value read all of them.',
        tables,
      };
    },
  };
}

async function measure(arena: Arena, history: number, perAppend: number, rounds: number): Promise<Table> {
  const stored = conversation(history);
  const entrants = await Promise.all(
    arena.entrants.map(async (entrant) => ({
      entrant,
      conversation: (await seeded(entrant, stored, perAppend))?.conversation,
      times: [] as number[],
      units: undefined as Units | undefined,
    })),
  );
  const able = entrants.filter(({ conversation }) => conversation !== undefined);
  await rotate(able, rounds, async (one) => {
    const before = one.entrant.meter?.units;
    const ms = await timed(async () => {
      const { length } = (await one.conversation?.readLast(LAST)) ?? [];
      if (length !== LAST) throw new Error(`${one.entrant.contestant.name} read ${length} items`);
    });
    one.times.push(ms);
    if (before !== undefined) one.units = difference(one.entrant.meter?.units ?? before, before);
  });
  const medianOf = (name: string) =>
    summarize(able.find(({ entrant }) => entrant.contestant.name === name)?.times ?? []).median;
  const isMetered = able.some(({ units }) => units !== undefined);
  return {
    ...(isMetered && { title: `Appended ${perAppend} at a time` }),
    columns: ['', 'ms', 'times the limit', ...(isMetered ? ['requests', 'read units'] : [])],
    rows: able.map(({ entrant: { contestant }, times, units }) => [
      contestant.name,
      `${figures(summarize(times).median)} / ${figures(summarize(times).p99)}`,
      ratio(medianOf(contestant.name) / medianOf(contestant.limit)),
      ...(units === undefined ? [] : [`${units.requests}`, `${units.read}`]),
    ]),
  };
}

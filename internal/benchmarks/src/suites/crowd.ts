import type { AgentInputItem } from '@openai/agents';
import { timed } from '../measure/rotate';
import { summarize, type Summary } from '../measure/statistics';
import { figures, ratio, whole } from '../report/numbers';
import { conversation, inAppendsOf, ITEMS_PER_TURN } from '../workload/turns';
import { seeded, type Arena, type Entrant } from './arena';
import type { Suite } from './suite';

const WRITERS = 20;
/** Of what is stored beforehand, so that 5,000 items are there soon. */
const ITEMS_PER_APPEND = 25;

/** Whether writers wait for what others read and write: a long session beside an empty one. */
export function crowd(engine: string, open: () => Promise<Arena>): Suite {
  return {
    name: `${engine.toLowerCase()} crowd`,
    run: async ({ scale, progress }) => {
      progress.step(`${engine}, ${WRITERS} writers on one session`);
      const arena = await open();
      const long = conversation(scale.crowdedHistory);
      const rows: string[][] = [];
      try {
        for (const entrant of arena.entrants) {
          if (entrant.contestant.isOneValue) continue;
          const onEmpty = await appendTimes(entrant, [], scale.crowdTurns);
          const onLong = await appendTimes(entrant, long, scale.crowdTurns);
          rows.push([
            entrant.contestant.name,
            `${figures(onEmpty.times.median)} / ${figures(onEmpty.times.p99)}`,
            `${figures(onLong.times.median)} / ${figures(onLong.times.p99)}`,
            ratio(onLong.times.p99 / onEmpty.times.p99),
            `${whole(onLong.kept)} of ${whole(onLong.appended)}`,
          ]);
        }
      } finally {
        await arena.close();
      }
      const items = scale.crowdedHistory.toLocaleString('en-US');
      return {
        title: `${engine}: ${WRITERS} writers on one session`,
        text:
          'All take turns on the same session at once, which read the whole and append two items. Cells: median and 99th ' +
          'percentile of an append, in milliseconds, which waits for what the others read.',
        tables: [
          {
            columns: ['', 'empty at first', `${items} items at first`, 'ratio of the 99th', 'items kept'],
            rows,
          },
        ],
      };
    },
  };
}

interface Appends {
  readonly times: Summary;
  /** Items that are there afterwards, of those that were appended. */
  readonly kept: number;
  readonly appended: number;
}

async function appendTimes(
  entrant: Entrant,
  history: readonly AgentInputItem[],
  turnsEach: number,
): Promise<Appends> {
  const id = (await seeded(entrant, history, ITEMS_PER_APPEND))?.id ?? '';
  const turns = inAppendsOf(ITEMS_PER_TURN, conversation(32, 77));
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      const own = entrant.measured.open(id);
      for (let turn = 0; turn < turnsEach; turn++) {
        await own.readAll();
        times.push(await timed(() => own.append(turns[(writer + turn) % turns.length] ?? [])));
      }
    }),
  );
  const { length } = await entrant.direct.open(id).readAll();
  return {
    times: summarize(times),
    kept: length - history.length,
    appended: WRITERS * turnsEach * ITEMS_PER_TURN,
  };
}

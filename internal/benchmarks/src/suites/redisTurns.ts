import { REDIS_CONTESTANTS } from '../contestants/redis';
import { minimalScript } from '../contestants/redis/minimalScript';
import { REDIS_LIMIT } from '../contestants/redis/server';
import { session } from '../contestants/redis/session';
import { bars } from '../report/charts';
import { ratio } from '../report/numbers';
import type { Chart, Section, Table } from '../report/section';
import {
  besideTable,
  namesIn,
  ratioPoints,
  timesTable,
  timesTheLimit,
  type ByHistory,
} from '../report/turnTables';
import { IDLE, type Conditions } from '../measure/conditions';
import { measureHistories } from './measureHistories';
import { openRedis } from './redisArena';
import type { Suite } from './suite';

export const redisTurns: Suite = {
  name: 'redis turns',
  run: async ({ scale, progress }) =>
    section(
      await measureHistories({
        engine: 'Redis',
        open: (conditions) => openRedis(REDIS_CONTESTANTS, conditions),
        conditions: scale.redisConditions,
        rounds: scale.redisRounds,
        progress,
      }),
    ),
};

function section(byConditions: ReadonlyMap<Conditions, ByHistory>): Section {
  const tables: Table[] = [];
  const charts: Chart[] = [];
  const highlights: string[] = [];
  for (const [conditions, measured] of byConditions) {
    tables.push(
      timesTable(`A turn, ${conditions.name}`, measured, 'turn'),
      timesTable(`An append, ${conditions.name}`, measured, 'append'),
      besideTable(
        `Beside the minimal script, ${conditions.name}`,
        measured,
        session.name,
        minimalScript.name,
      ),
    );
    // What an idle machine shows above all is how long its cores take to wake.
    if (conditions === IDLE) continue;
    charts.push({
      name: `redis-turns-${conditions.delayMs > 0 ? 'away' : 'near'}`,
      alt: `A turn on Redis as a multiple of the limit, by the length of the history, ${conditions.name}`,
      spec: bars(
        `Redis: a turn, as a multiple of the limit (${conditions.name})`,
        ratioPoints(
          measured,
          'turn',
          namesIn(measured).filter((name) => !name.includes('value')),
        ),
        { x: 'items in the history', y: 'times the limit' },
      ),
    });
    if (conditions.delayMs > 0) highlights.push(...highlightsOf(measured));
  }
  return {
    title: 'Redis: a turn',
    text:
      'A turn reads the whole history and appends two items. Cells: median and 99th percentile in milliseconds, and in ' +
      'brackets the median as a multiple of the limit of the same driver. _Awake_: the cores are kept from sleeping by ' +
      'work that gives way to all other. On an _idle_ machine a core that sleeps takes longer to wake than Redis takes to ' +
      'answer, which hides what a client costs. _0.5 ms away_: that much is added to each round trip, as between two ' +
      'machines of a data center.',
    tables,
    charts,
    highlights,
  };
}

function highlightsOf(measured: ByHistory): string[] {
  const [longest] = [...measured.keys()].slice(-1);
  const all = measured.get(longest ?? NaN) ?? [];
  const shares = all
    .filter(({ entrant: { contestant } }) => contestant.limit === REDIS_LIMIT && contestant.kind !== 'limit')
    .map((one) => `${one.entrant.contestant.name} ${ratio(timesTheLimit(one, all, 'turn'))}`);
  return [
    `Redis, 0.5 ms away, a turn at a history of ${longest?.toLocaleString('en-US') ?? ''} items, as a multiple of what the ` +
      `driver alone takes: ${shares.join(', ')}.`,
  ];
}

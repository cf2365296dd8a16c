import type { Conditions } from '../measure/conditions';
import type { Progress } from '../measure/progress';
import type { ByHistory } from '../report/turnTables';
import type { Arena } from './arena';
import { measureTurns, type TurnFigures } from './measureTurns';

export interface HistoriesPlan {
  readonly engine: string;
  readonly open: (conditions: Conditions) => Promise<Arena>;
  readonly conditions: readonly Conditions[];
  /** How many are measured at a history of so many items. */
  readonly rounds: ReadonlyMap<number, number>;
  readonly progress: Progress;
}

/** Turns at histories of several lengths, under each of the conditions. */
export async function measureHistories(plan: HistoriesPlan): Promise<Map<Conditions, ByHistory>> {
  const byConditions = new Map<Conditions, ByHistory>();
  for (const conditions of plan.conditions)
    byConditions.set(conditions, await measureUnder(conditions, plan));
  return byConditions;
}

async function measureUnder(
  conditions: Conditions,
  { engine, open, rounds, progress }: HistoriesPlan,
): Promise<ByHistory> {
  const arena = await open(conditions);
  try {
    const measured = new Map<number, TurnFigures[]>();
    for (const [items, count] of rounds) {
      progress.step(`${engine}, turns at ${items} items, ${conditions.name}`);
      measured.set(items, await measureTurns(arena, items, count, (round) => progress.at(round, count)));
    }
    return measured;
  } finally {
    await arena.close();
  }
}

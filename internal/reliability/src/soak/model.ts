import { describeFailure, shrink } from '../modelChecker/check';
import { SMALL_LIMITS } from '../modelChecker/limits';
import { runSchedule } from '../modelChecker/run';
import { loadStore } from '../modelChecker/storeSources';
import type { ModelOptions } from './options';

const SOME = 1_000;

/** Runs one schedule of the model checker after the other: see options.ts. */
export async function checkModel(from: number, { count, without }: ModelOptions): Promise<void> {
  const store = loadStore(SMALL_LIMITS);
  console.log(`Checking ${count} schedules from seed ${from}`);
  let calls = 0;
  for (let seed = from; seed < from + count; seed++) {
    const options = { seed, store, reader: store, without };
    const outcome = await runSchedule(options);
    calls += outcome.calls;
    if (outcome.violation !== undefined) {
      const failure = await shrink(options, outcome);
      const left = [...failure.without].sort((a, b) => a - b).join();
      console.error(`\n✗ ${describeFailure(failure)}`);
      console.error(`\nRepeat with: npm run soak -- --model 1 --seed ${seed}${left && ` --without ${left}`}`);
      process.exit(1);
    }
    if ((seed - from + 1) % SOME === 0) console.log(`✓ up to seed ${seed}, ${calls} calls`);
  }
  console.log(`${count} schedules from seed ${from}, ${calls} calls: nothing violated.`);
}

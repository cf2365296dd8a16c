/** Runs one scenario after the other for some minutes: see options.ts. */
import { setTimeout as pause } from 'node:timers/promises';
import { UNDECIDED } from '../scenarios/verdicts';
import { Dice } from '../workload/dice';
import { Tally } from '../workload/tally';
import { checkModel } from './model';
import { parseOptions, USAGE, type SoakOptions } from './options';

/** No round takes nearly as long: it hangs. */
const LONGEST_ROUND_MS = 10 * 60_000;

async function soak({ minutes, seed, choices, filter }: SoakOptions): Promise<void> {
  const totals = new Map<string, Tally>();
  const started = Date.now();
  let rounds = 0;
  console.log(`Soaking for ${minutes} min from seed ${seed}: ${choices.length} scenarios in turn`);
  for (; Date.now() < started + minutes * 60_000; rounds++) {
    const roundSeed = seed + rounds;
    const { scenario, backend } = choices[roundSeed % choices.length] ?? choices[0];
    const name = `${backend}: ${scenario.name}`;
    const figures = new Tally();
    const begun = performance.now();
    try {
      await Promise.race([scenario.run(backend, 'long', { dice: new Dice(roundSeed), figures }), hanging()]);
    } catch (error) {
      console.error(`\n✗ seed ${roundSeed}  ${name}\n  so far: ${figures.toString()}\n`, error);
      console.error(`\nRepeat with: npm run soak -- --minutes 0.001 --seed ${roundSeed}${filter}`);
      process.exit(1);
    }
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    console.log(`✓ seed ${roundSeed}  ${name}  ${seconds} s  ${figures.get('calls')} calls`);
    const total = totals.get(name) ?? new Tally();
    totals.set(name, total);
    total.add('rounds');
    total.merge(figures);
  }
  for (const [name, total] of [...totals].sort()) {
    console.log(`\n${name}\n${[...total].map(([what, count]) => line(what, count)).join('\n')}`);
  }
  const minutesTaken = ((Date.now() - started) / 60_000).toFixed(1);
  const all = [...totals.values()];
  const [checked, undecided] = ['sessions checked', UNDECIDED].map((name) =>
    all.reduce((sum, total) => sum + total.get(name), 0),
  );
  console.log(
    `\n${rounds} rounds in ${minutesTaken} min from seed ${seed}, ${checked} sessions checked, ${undecided} left undecided:`,
  );
  console.log('nothing lost, doubled, torn or out of order.');
}

function line(what: string, count: number): string {
  return `${count.toLocaleString('en').padStart(12)}  ${what}`;
}

async function hanging(): Promise<never> {
  await pause(LONGEST_ROUND_MS, undefined, { ref: false });
  throw new Error(`no end after ${LONGEST_ROUND_MS / 1_000} s`);
}

function optionsOrUsage(): SoakOptions | undefined {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 1;
    return undefined;
  }
}

const options = optionsOrUsage();
if (options) void (options.model ? checkModel(options.seed, options.model) : soak(options));

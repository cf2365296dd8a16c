import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { median, quantile } from './statistics';

const LOOPS = 60;
const LOOP_STEPS = 400_000;
const LOOK_MS = 1_000;
/** How busy the cores may be with other work before we begin, as a share. */
const MOST_BUSY = 0.1;
/** How much longer the slowest tenth of equal loops takes than the fastest. */
const MOST_SPREAD = 1.15;
/** How far the speed of the machine may wander during the run. */
const MOST_DRIFT = 1.1;

/** Looks whether anything else runs on the machine, before a run and during it. */
export class Quietness {
  #busy = 0;
  readonly #calibrations: { readonly typical: number; readonly spread: number }[] = [];

  /** Looks how busy the machine is while we do nothing. A load average would still count what set us up. */
  async look(): Promise<void> {
    const before = cores();
    await pause(LOOK_MS);
    const after = cores();
    this.#busy = 1 - (after.idle - before.idle) / (after.all - before.all);
  }

  /** Measures equal loops that take a millisecond or so: other work makes some of them longer. 0.1 s. */
  async calibrate(): Promise<void> {
    const times: number[] = [];
    for (let count = 0; count < LOOPS; count++) {
      const started = performance.now();
      spin();
      times.push(performance.now() - started);
      if (count % 10 === 0) await pause(1);
    }
    // The first ones are of code that is not compiled yet.
    const warm = times.slice(LOOPS / 4);
    const typical = median(warm);
    this.#calibrations.push({ typical, spread: quantile(warm, 0.9) / Math.min(...warm) });
  }

  /** What makes the figures doubtful; none on a quiet machine. */
  get doubts(): string[] {
    const spread = median(this.#calibrations.map(({ spread }) => spread));
    const speeds = this.#calibrations.map(({ typical }) => typical);
    const drift = Math.max(...speeds) / Math.min(...speeds);
    return [
      ...(this.#busy > MOST_BUSY
        ? [
            `the cores were busy for ${percent(this.#busy)} of the time before it began, where ${percent(MOST_BUSY)} is quiet`,
          ]
        : []),
      ...(spread > MOST_SPREAD
        ? [
            `the slowest tenth of equal loops took ${spread.toFixed(2)} times the fastest, where ${MOST_SPREAD} is quiet`,
          ]
        : []),
      ...(drift > MOST_DRIFT
        ? [
            `the speed of the machine changed by a factor of ${drift.toFixed(2)} meanwhile, where ${MOST_DRIFT} is quiet`,
          ]
        : []),
    ];
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Milliseconds that all cores together have had. */
function cores(): { readonly idle: number; readonly all: number } {
  const times = cpus().map((core) => core.times);
  const idle = times.reduce((sum, core) => sum + core.idle, 0);
  const all = times.reduce((sum, core) => sum + Object.values(core).reduce((one, ms) => one + ms, 0), 0);
  return { idle, all };
}

let sink = 0;

function spin(): void {
  for (let step = 0; step < LOOP_STEPS; step++) sink = (sink * 31 + step) | 0;
}

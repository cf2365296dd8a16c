import { parseArgs } from 'node:util';
import { SCENARIOS } from '../scenarios';
import { BACKENDS, type BackendName } from '../worlds/world';
import type { Scenario } from '../scenarios/scenario';

export const USAGE = `npm run soak -- [options]
  --minutes N      how long (default 5)
  --seed S         where to begin: round n runs with seed S + n (default: another one each time)
  --backend NAME   ${BACKENDS.join(' or ')} (default: both)
  --scenario TEXT  only scenarios whose names contain it:
${SCENARIOS.map(({ name, backends }) => `                     ${name} (${backends.join(', ')})`).join('\n')}
  --model N        instead, N schedules of the model checker of the DynamoDB store, from seed S on
  --without STEPS  of a schedule of the model checker: steps to leave out, as 2,5,6`;

interface Choice {
  readonly scenario: Scenario;
  readonly backend: BackendName;
}

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** What each round chooses from. */
  readonly choices: readonly [Choice, ...Choice[]];
  /** The arguments that make the same choices. */
  readonly filter: string;
  /** Schedules of the model checker to run instead. */
  readonly model: ModelOptions | undefined;
}

export interface ModelOptions {
  readonly count: number;
  /** Steps to leave out. */
  readonly without: ReadonlySet<number>;
}

/** @throws With a message for whoever typed them. */
export function parseOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000_000}` },
      backend: { type: 'string' },
      scenario: { type: 'string' },
      model: { type: 'string' },
      without: { type: 'string', default: '' },
    },
  });
  const minutes = Number(values.minutes);
  const seed = Number(values.seed);
  if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error('--seed must be an integer of at least 0');
  const [first, ...others] = SCENARIOS.flatMap((scenario) =>
    scenario.backends.map((backend) => ({ scenario, backend })),
  ).filter(
    ({ scenario, backend }) =>
      (values.backend ?? backend) === backend && scenario.name.includes(values.scenario ?? ''),
  );
  if (first === undefined) throw new Error('there is no such scenario on such a backend');
  const filter = [
    values.backend === undefined ? '' : ` --backend ${values.backend}`,
    values.scenario === undefined ? '' : ` --scenario '${values.scenario}'`,
  ].join('');
  return { minutes, seed, choices: [first, ...others], filter, model: modelOptions(values) };
}

function modelOptions(values: { model?: string; without: string }): ModelOptions | undefined {
  if (values.model === undefined) return undefined;
  const count = Number(values.model);
  const steps = values.without.split(',').filter((text) => text !== '');
  if (!Number.isSafeInteger(count) || count < 1) throw new Error('--model must be an integer of at least 1');
  if (steps.some((text) => !/^\d+$/.test(text))) throw new Error('--without must be numbers of steps');
  return { count, without: new Set(steps.map(Number)) };
}

import { Hints } from './hints';
import type { Operation } from './history';
import { Observations } from './observations';
import { Search } from './search';

export type Verdict =
  | { readonly verdict: 'linearizable' }
  | { readonly verdict: 'not linearizable'; readonly explanation: string }
  /** The search was given up after this many steps. */
  | { readonly verdict: 'undecided'; readonly steps: number };

const DEFAULT_STEPS = 500_000;
const STEPS_TO_EXPLAIN = 20_000;

/**
 * Whether there is an order of the operations, each taking effect at one moment between its call and its return, that
 * explains all results, from an empty session on: the search of Wing and Gong with Lowe's memory of configurations seen.
 *
 * @throws On a history that is none: a client with two calls under way whose outcomes it learned.
 */
export function linearize(operations: readonly Operation[], maxSteps = DEFAULT_STEPS): Verdict {
  const observations = new Observations(operations);
  const contradiction = observations.findContradiction();
  if (contradiction !== undefined) return { verdict: 'not linearizable', explanation: contradiction };
  const search = new Search(operations, new Hints(operations, observations));
  const found = search.run(maxSteps);
  if (found === 'an order') return { verdict: 'linearizable' };
  if (found === undefined) return { verdict: 'undecided', steps: maxSteps };
  // With hints it stops before it comes to what cannot be explained.
  const plain = new Search(operations);
  plain.run(STEPS_TO_EXPLAIN);
  return { verdict: 'not linearizable', explanation: plain.explain() };
}

import { describeOperation, describeState } from './describe';
import { isKnown, itemsPut, type Operation } from './history';
import { apply, emptyState, isPure, type State } from './model';
import { Needs } from './needs';
import { Observations } from './observations';

export type Verdict =
  | { readonly verdict: 'linearizable' }
  | { readonly verdict: 'not linearizable'; readonly explanation: string }
  /** The search was given up after this many steps. */
  | { readonly verdict: 'undecided'; readonly steps: number };

/**
 * Operations of which at most the next one can take effect: the calls of one client, or one call of unknown outcome. Of pops
 * of unknown outcome one is like the other, so the earliest may as well be the first; they share a lane, and so do clears.
 */
interface Lane {
  readonly operations: readonly Operation[];
  readonly isKnown: boolean;
  /** How many have taken effect. */
  done: number;
}

/** One point of the search: a state, and the lanes whose next operation may take effect in it. */
interface Frame {
  readonly state: State;
  /** The lane by which the search came here. */
  readonly lane: Lane | undefined;
  readonly choices: readonly Lane[];
  tried: number;
}

const DEFAULT_STEPS = 500_000;

/**
 * Whether there is an order of the operations, each taking effect at one moment between its call and its return, that
 * explains all results, from an empty session on: the search of Wing and Gong with Lowe's memory of configurations seen.
 *
 * @throws on a history that is none: a client with two calls under way whose outcomes it learned.
 */
export function linearize(operations: readonly Operation[], maxSteps = DEFAULT_STEPS): Verdict {
  const observations = new Observations(operations);
  const contradiction = observations.findContradiction();
  if (contradiction !== undefined) return { verdict: 'not linearizable', explanation: contradiction };
  return new Search(operations, observations).run(maxSteps);
}

class Search {
  readonly #lanes: readonly Lane[];
  readonly #observations: Observations;
  readonly #needs: Needs;
  readonly #start = emptyState();
  readonly #seen = new Set<string>();
  readonly #total: number;
  #left: number;
  #deepest: { left: number; state: State; stuck: readonly Operation[] };

  constructor(operations: readonly Operation[], observations: Observations) {
    this.#lanes = toLanes(operations);
    this.#observations = observations;
    this.#needs = new Needs(operations, observations);
    this.#total = operations.filter(isKnown).length;
    this.#left = this.#total;
    this.#deepest = { left: Infinity, state: this.#start, stuck: [] };
  }

  run(maxSteps: number): Verdict {
    const path: Frame[] = [this.#frame(this.#start, undefined)];
    for (let steps = 0; ; steps++) {
      if (this.#left === 0) return { verdict: 'linearizable' };
      if (steps === maxSteps) return { verdict: 'undecided', steps };
      const frame = path.at(-1);
      if (frame === undefined) return { verdict: 'not linearizable', explanation: this.#explanation() };
      const lane = frame.choices[frame.tried++];
      if (lane === undefined) {
        path.pop();
        if (frame.lane) this.#move(frame.lane, -1);
        continue;
      }
      const state = this.#try(frame.state, nextOf(lane));
      if (state === undefined) continue;
      this.#move(lane, 1);
      const key = this.#key(state);
      if (this.#seen.has(key)) {
        this.#move(lane, -1);
        continue;
      }
      this.#seen.add(key);
      path.push(this.#frame(state, lane));
    }
  }

  /** The state after an operation that fits, as far as this state and all that was ever read tell. */
  #try(state: State, operation: Operation | undefined): State | undefined {
    if (operation === undefined) return undefined;
    const after = apply(state, operation, this.#start.stack);
    const puts = itemsPut(operation);
    if (after === undefined || after === state) return after;
    if (!this.#needs.permit(operation, state, after)) return undefined;
    if (puts.length === 0) return after;
    const below = operation.verb === 'transaction' ? state.stack.without(operation.expected) : state.stack;
    return this.#observations.allow(puts[0], below?.top) ? after : undefined;
  }

  #frame(state: State, lane: Lane | undefined): Frame {
    const enabled = this.#enabled();
    if (this.#left < this.#deepest.left) {
      const stuck = enabled.flatMap((each) => nextOf(each) ?? []);
      this.#deepest = { left: this.#left, state, stuck };
    }
    // What changes nothing wherever it stands may as well stand here, where it fits.
    const pure = enabled.find((each) => {
      const next = nextOf(each);
      return next !== undefined && isPure(next) && this.#try(state, next) !== undefined;
    });
    return { state, lane, choices: pure ? [pure] : enabled, tried: 0 };
  }

  /** The lanes whose next operation was called before any other, not yet done, had returned; known ones first. */
  #enabled(): Lane[] {
    const deadline = this.#lanes.reduce((earliest, lane) => Math.min(earliest, untilOf(lane)), Infinity);
    return this.#lanes
      .filter((lane) => (nextOf(lane)?.from ?? Infinity) <= deadline && nextOf(lane) !== undefined)
      .sort((left, right) => untilOf(left) - untilOf(right) || 0);
  }

  #move(lane: Lane, by: 1 | -1): void {
    const operation = lane.operations[by === 1 ? lane.done : lane.done - 1];
    if (operation) this.#needs.change(operation, by === 1 ? -1 : 1);
    lane.done += by;
    if (lane.isKnown) this.#left -= by;
  }

  #key({ stack, operations }: State): string {
    const progress = this.#lanes.map(({ done }) => done).join();
    const inUse = [...operations].sort().join(' ');
    return `${stack.id} ${progress} ${inUse}`;
  }

  #explanation(): string {
    const { left, state, stuck } = this.#deepest;
    return [
      `${this.#total - left} of ${this.#total} calls can be put in an order; then ${describeState(state)}, and none of`,
      ...stuck.map((operation) => `  ${describeOperation(operation)}`),
      'leads to an end.',
    ].join('\n');
  }
}

function nextOf({ operations, done }: Lane): Operation | undefined {
  return operations[done];
}

function untilOf(lane: Lane): number {
  return nextOf(lane)?.until ?? Infinity;
}

function toLanes(operations: readonly Operation[]): Lane[] {
  const clients = new Map<string, Operation[]>();
  const unknown: Record<string, Operation[]> = {};
  const inTime = [...operations].sort((left, right) => left.from - right.from);
  for (const [index, operation] of inTime.entries()) {
    if (!isKnown(operation)) {
      // A read whose outcome nobody knows says nothing.
      if (operation.verb === 'get') continue;
      const isLikeOthers = operation.verb === 'pop' || operation.verb === 'clear';
      (unknown[isLikeOthers ? operation.verb : index] ??= []).push(operation);
      continue;
    }
    const earlier = clients.get(operation.client);
    if (earlier === undefined) clients.set(operation.client, [operation]);
    else {
      if ((earlier.at(-1)?.until ?? 0) > operation.from) {
        throw new Error(`${operation.client} has two calls under way at once`);
      }
      earlier.push(operation);
    }
  }
  return [
    ...[...clients.values()].map((each) => ({ operations: each, isKnown: true, done: 0 })),
    ...Object.values(unknown).map((each) => ({ operations: each, isKnown: false, done: 0 })),
  ];
}

import { describeOperation, describeState } from './describe';
import type { Hints } from './hints';
import type { Operation } from './history';
import { nextOf, toLanes, untilOf, type Lane } from './lanes';
import { apply, emptyState, isPure, type State } from './model';

/** One point of the search: a state, and the lanes whose next operation may take effect in it. */
interface Frame {
  readonly state: State;
  /** The lane by which the search came here. */
  readonly lane: Lane | undefined;
  readonly choices: readonly Lane[];
  tried: number;
}

/** Looks for an order of all known operations, and of any of unknown outcome, that explains all results. */
export class Search {
  readonly #lanes: readonly Lane[];
  readonly #hints: Hints | undefined;
  readonly #start = emptyState();
  readonly #seen = new Set<string>();
  readonly #total: number;
  /** How many known operations have not taken effect. */
  #left: number;
  #deepest: { left: number; state: State; stuck: readonly Operation[] };

  constructor(operations: readonly Operation[], hints?: Hints) {
    this.#lanes = toLanes(operations);
    this.#hints = hints;
    const known = this.#lanes.filter((lane) => lane.isKnown);
    this.#total = known.reduce((sum, lane) => sum + lane.operations.length, 0);
    this.#left = this.#total;
    this.#deepest = { left: Infinity, state: this.#start, stuck: [] };
  }

  /** Undefined when it gave up after so many steps. */
  run(maxSteps: number): 'an order' | 'none' | undefined {
    const path: Frame[] = [this.#frame(this.#start, undefined)];
    for (let steps = 0; steps < maxSteps; steps++) {
      if (this.#left === 0) return 'an order';
      const frame = path.at(-1);
      if (frame === undefined) return 'none';
      const lane = frame.choices[frame.tried++];
      if (lane === undefined) {
        path.pop();
        if (frame.lane) this.#retreat(frame.lane);
        continue;
      }
      const state = this.#try(frame.state, nextOf(lane));
      if (state === undefined) continue;
      this.#advance(lane);
      if (this.#isNew(state)) path.push(this.#frame(state, lane));
      else this.#retreat(lane);
    }
    return this.#left === 0 ? 'an order' : undefined;
  }

  /** How far it came, and what does not fit there. */
  explain(): string {
    const { left, state, stuck } = this.#deepest;
    return [
      `${this.#total - left} of ${this.#total} calls can be put in an order; then ${describeState(state)}, and none of`,
      ...stuck.map((operation) => `  ${describeOperation(operation)}`),
      'leads to an end.',
    ].join('\n');
  }

  /** The state after the operation; undefined where it does not fit, or leads nowhere. */
  #try(state: State, operation: Operation | undefined): State | undefined {
    const after = operation && apply(state, operation, this.#start.stack);
    if (after === undefined || after === state || this.#hints === undefined) return after;
    return this.#hints.permit(operation as Operation, state) ? after : undefined;
  }

  #frame(state: State, lane: Lane | undefined): Frame {
    const enabled = this.#enabled();
    if (this.#left < this.#deepest.left) {
      this.#deepest = { left: this.#left, state, stuck: enabled.flatMap((each) => nextOf(each) ?? []) };
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

  #advance(lane: Lane): void {
    const operation = nextOf(lane);
    lane.done++;
    if (lane.isKnown) this.#left--;
    if (operation) this.#hints?.took(operation);
  }

  #retreat(lane: Lane): void {
    lane.done--;
    if (lane.isKnown) this.#left++;
    const operation = nextOf(lane);
    if (operation) this.#hints?.takeBack(operation);
  }

  /** Whether the search comes to this state for the first time with the same operations done. */
  #isNew({ stack, operations }: State): boolean {
    const progress = this.#lanes.map(({ done }) => done).join();
    const key = `${stack.id} ${progress} ${[...operations].sort().join(' ')}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }
}

import type { Item } from '../checker/history';
import { Dice } from './dice';
import { itemName } from './items';
import type { RecordedSession } from './recorder';

export type Verb = 'add' | 'pop' | 'get' | 'end' | 'clear' | 'append' | 'replace' | 'repeat';

export interface Workload {
  /** How often each verb is called, relative to the others. */
  readonly weights: Readonly<Record<Verb, number>>;
  /** How many items one call adds at most. */
  readonly batch: number;
  /** Characters that every tenth item is padded with. */
  readonly padding?: number | undefined;
}

/** All verbs, mostly writes, and few clears, so that there is something to lose. */
export const MIXED: Workload = {
  weights: { add: 8, pop: 3, get: 2, end: 2, clear: 0.3, append: 1.5, replace: 2, repeat: 0.5 },
  batch: 4,
};

/**
 * For many clients at once. Without clears and with few pops, because what nobody read before it is gone leaves the checker
 * with more orders than it can try.
 */
export const CROWDED: Workload = {
  weights: { add: 8, pop: 1, get: 2, end: 2, clear: 0, append: 1, replace: 1, repeat: 0.3 },
  batch: 3,
};

/** Writes that only grow the session. */
export const APPENDING: Workload = {
  weights: { add: 1, pop: 0, get: 0, end: 0, clear: 0, append: 0, replace: 0, repeat: 0 },
  batch: 3,
};

const PADDED_SHARE = 0.1;

/** What one client does, call by call: chosen by chance, and the same for the same seed. */
export class Actor {
  readonly #dice: Dice;
  #items = 0;
  #operations = 0;
  #lastTransaction: readonly [id: string, expected: readonly Item[], append: readonly Item[]] | undefined;

  constructor(
    private readonly session: RecordedSession,
    private readonly workload: Workload,
    seed: number,
  ) {
    this.#dice = new Dice(seed);
  }

  /** @returns Whether the outcome is known. */
  async act(): Promise<boolean> {
    const done = await this.#perform(this.#dice.weighted(this.workload.weights));
    return done !== undefined;
  }

  async #perform(verb: Verb): Promise<unknown> {
    const { session } = this;
    switch (verb) {
      case 'add':
        return session.add(this.#newItems());
      case 'pop':
        return session.pop();
      case 'get':
        return session.get();
      case 'end':
        return session.get(this.#dice.integer(1, 8));
      case 'clear':
        return session.clear();
      case 'append':
        return this.#transact([], this.#newItems());
      case 'replace':
        return this.#replace();
      case 'repeat':
        return this.#lastTransaction ? session.transact(...this.#lastTransaction) : true;
    }
  }

  async #replace(): Promise<unknown> {
    const expected = await this.session.get(this.#dice.integer(1, 3));
    if (expected === undefined) return undefined;
    return this.#transact(expected, this.#newItems());
  }

  #transact(expected: readonly Item[], append: readonly Item[]): Promise<unknown> {
    this.#lastTransaction = [`${this.session.client}o${this.#operations++}`, expected, append];
    return this.session.transact(...this.#lastTransaction);
  }

  #newItems(): Item[] {
    const count = this.#dice.integer(1, this.workload.batch);
    return Array.from({ length: count }, () => {
      const padding = this.#dice.happens(PADDED_SHARE) ? this.workload.padding : undefined;
      return itemName(`${this.session.client}.${this.#items++}`, padding);
    });
  }
}

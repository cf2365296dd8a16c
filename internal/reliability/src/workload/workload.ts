import { originalOf, type Item } from '../checker/history';
import { Dice } from './dice';
import { isFunctionCall, itemName } from './items';
import type { RecordedSession } from './recorder';

type Verb = 'add' | 'pop' | 'get' | 'end' | 'clear' | 'append' | 'replace' | 'repeat' | 'compact' | 'rewrite';

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
  weights: {
    add: 8,
    pop: 3,
    get: 2,
    end: 2,
    clear: 0.3,
    append: 1.5,
    replace: 2,
    repeat: 0.5,
    compact: 0.5,
    rewrite: 1,
  },
  batch: 4,
};

/**
 * For many clients at once. Without clears and with few pops, because what nobody read before it is gone leaves the checker
 * with more orders than it can try.
 */
export const CROWDED: Workload = {
  weights: {
    ...MIXED.weights,
    pop: 1,
    clear: 0,
    append: 1,
    replace: 1,
    repeat: 0.3,
    compact: 0.2,
    rewrite: 0.5,
  },
  batch: 2,
};

/** Writes that only grow the session. */
export const APPENDING: Workload = {
  weights: {
    add: 1,
    pop: 0,
    get: 0,
    end: 0,
    clear: 0,
    append: 0,
    replace: 0,
    repeat: 0,
    compact: 0,
    rewrite: 0,
  },
  batch: 3,
};

const PADDED_SHARE = 0.1;
const CALL_SHARE = 0.2;

/** What one client does, call by call: chosen by chance, and the same for the same seed. */
export class Actor {
  readonly #dice: Dice;
  readonly #calls: Item[] = [];
  #names = 0;
  #lastTransaction: readonly [id: string, expected: readonly Item[], append: readonly Item[]] | undefined;

  constructor(
    private readonly session: RecordedSession,
    private readonly workload: Workload,
    seed: number,
  ) {
    this.#dice = new Dice(seed);
  }

  async act(): Promise<void> {
    const { session } = this;
    switch (this.#dice.weighted(this.workload.weights)) {
      case 'add':
        return session.add(this.#newItems());
      case 'pop':
        return session.pop();
      case 'get':
        await this.#get();
        return;
      case 'end':
        await this.#get(this.#dice.integer(1, 8));
        return;
      case 'clear':
        return session.clear();
      case 'append':
        return this.#transact([], this.#newItems());
      case 'replace':
        return this.#transact(await this.#get(this.#dice.integer(1, 3)), this.#newItems());
      case 'repeat':
        if (this.#lastTransaction) await session.transact(...this.#lastTransaction);
        return;
      case 'compact':
        return session.compact(this.#newName(), (length) => this.#dice.integer(1, length));
      case 'rewrite':
        return this.#rewrite();
    }
  }

  async #get(limit?: number): Promise<readonly Item[]> {
    const items = await this.session.get(limit);
    this.#calls.push(...items.filter(isFunctionCall));
    return items;
  }

  async #rewrite(): Promise<void> {
    const [first, ...others] = this.#calls;
    if (first === undefined) return;
    const original = originalOf(this.#dice.pick([first, ...others]));
    await this.session.rewrite(original, `${original}~${this.#newName()}`);
  }

  #transact(expected: readonly Item[], append: readonly Item[]): Promise<void> {
    this.#lastTransaction = [`o${this.#newName()}`, expected, append];
    return this.session.transact(...this.#lastTransaction);
  }

  #newItems(): Item[] {
    const count = this.#dice.integer(1, this.workload.batch);
    return Array.from({ length: count }, () => {
      const padding = this.#dice.happens(PADDED_SHARE) ? this.workload.padding : undefined;
      return itemName(this.#newName(), { padding, isCall: this.#dice.happens(CALL_SHARE) });
    });
  }

  /** Nobody else's, and none of those before. */
  #newName(): string {
    return `${this.session.client}.${this.#names++}`;
  }
}

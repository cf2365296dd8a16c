import { isKnown, itemsPut, type Item, type Operation } from './history';
import type { Observations } from './observations';
import type { Stack } from './stack';

/**
 * When an item must have been there, and when it must have been gone, by the times of the calls alone. This tells of many a
 * choice that it leads nowhere, long before the search would come to the operation that shows it.
 */
export class Lifetimes {
  /** The start of the latest call that saw the item: it was there until then. */
  readonly #seenUntil = new Map<Item, number>();
  /** The end of the call that took the item off: it was gone by then. */
  readonly #goneBy = new Map<Item, number>();
  /** By stack: when the first of its items was gone, and so all above it. */
  readonly #stackGoneBy = new Map<Stack, number>();
  readonly #precedents = new Map<Operation, readonly Operation[]>();

  constructor(operations: readonly Operation[], observations: Observations) {
    for (const operation of operations) {
      for (const item of observations.seenBy(operation)) {
        this.#seenUntil.set(item, Math.max(operation.from, this.#seenUntilOf(item)));
        if (operation.verb === 'pop' || operation.verb === 'transaction') {
          this.#goneBy.set(item, operation.until);
        }
      }
    }
    const whole = operations
      .filter(showsAll)
      .map((read) => ({ read, items: new Set(read.verb === 'get' ? read.items : []) }));
    for (const put of operations) {
      const lasting = itemsPut(put).filter((item) => this.#seenUntil.has(item));
      if (lasting.length === 0) continue;
      const precedents = whole.filter(
        ({ read, items }) =>
          read !== put && lasting.some((item) => read.until < this.#seenUntilOf(item) && !items.has(item)),
      );
      this.#precedents.set(
        put,
        precedents.map(({ read }) => read),
      );
    }
  }

  /** What took effect before this: it found the session without an item that this puts, and that was there later. */
  precedentsOf(operation: Operation): readonly Operation[] {
    return this.#precedents.get(operation) ?? [];
  }

  /** Whether the items can be put here, and be there for as long as they must, before what is below them is gone. */
  allow(items: readonly Item[], below: Stack): boolean {
    const goneBy = this.#goneByOf(below);
    return items.every((item) => this.#seenUntilOf(item) <= goneBy);
  }

  #seenUntilOf(item: Item): number {
    return this.#seenUntil.get(item) ?? -Infinity;
  }

  #goneByOf(stack: Stack): number {
    let goneBy = this.#stackGoneBy.get(stack);
    if (goneBy === undefined) {
      const own = (stack.top === undefined ? undefined : this.#goneBy.get(stack.top)) ?? Infinity;
      goneBy = stack.below === undefined ? Infinity : Math.min(own, this.#goneByOf(stack.below));
      this.#stackGoneBy.set(stack, goneBy);
    }
    return goneBy;
  }
}

/** Whether the operation saw the whole session, or left nothing of it. */
function showsAll(operation: Operation): boolean {
  if (!isKnown(operation)) return false;
  if (operation.verb === 'get') return operation.items.length < (operation.limit ?? Infinity);
  return operation.verb === 'clear' || (operation.verb === 'pop' && operation.popped === undefined);
}

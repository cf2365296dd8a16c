import { isKnown, itemsPut, originalOf, type Item, type Operation, type Transaction } from './history';
import type { State } from './model';
import type { Observations } from './observations';

/**
 * What the operations still to come need of the session, which tells early that the search has gone astray:
 *
 * - an item that one of them saw cannot have been taken off before;
 * - what is of unknown outcome, and puts items that nobody ever saw, need not have taken effect, except to explain that a
 *   transaction found another suffix, or its operation id in use.
 */
export class Needs {
  readonly #observations: Observations;
  /** How many operations still to come saw the item. */
  readonly #pending = new Map<Item, number>();
  readonly #mismatches = new Set<Transaction>();

  constructor(operations: readonly Operation[], observations: Observations) {
    this.#observations = observations;
    for (const operation of operations) this.takeBack(operation);
  }

  took(operation: Operation): void {
    this.#change(operation, -1);
  }

  takeBack(operation: Operation): void {
    this.#change(operation, 1);
  }

  #change(operation: Operation, by: 1 | -1): void {
    for (const item of this.#observations.seenBy(operation)) {
      this.#pending.set(item, (this.#pending.get(item) ?? 0) + by);
    }
    if (operation.verb === 'transaction' && isKnown(operation) && operation.result === 'suffix-mismatch') {
      if (by === 1) this.#mismatches.add(operation);
      else this.#mismatches.delete(operation);
    }
  }

  /** Whether the operation may take effect here and change the session. */
  permit(operation: Operation, before: State): boolean {
    if (!isKnown(operation) && !this.#isOfUse(operation, before)) return false;
    const own = new Set(this.#observations.seenBy(operation));
    return !removed(operation, before).some(
      (item) => (this.#pending.get(item) ?? 0) > (own.has(item) ? 1 : 0),
    );
  }

  #isOfUse(operation: Operation, { stack }: State): boolean {
    const put = itemsPut(operation);
    if (put.length === 0 || this.#observations.arePerhapsSeen(put)) return true;
    if (operation.verb === 'transaction') {
      if (operation.expected.length > 0 || this.#observations.usesOf(operation.operationId) > 1) return true;
    }
    return [...this.#mismatches].some(
      ({ expected }) => stack.without(expected) !== undefined || !this.#observations.confirm(expected),
    );
  }
}

function removed(operation: Operation, { stack }: State): readonly Item[] {
  if (operation.verb === 'clear') return stack.newest(Infinity);
  if (operation.verb === 'pop') return stack.newest(1);
  if (operation.verb === 'compact') return operation.replaced;
  if (operation.verb === 'rewrite') {
    return stack.newest(Infinity).filter((item) => originalOf(item) === operation.original);
  }
  return operation.verb === 'transaction' ? operation.expected : [];
}

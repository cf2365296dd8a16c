import { isKnown, itemsPut, type Item, type Operation } from './history';
import type { State } from './model';
import type { Observations } from './observations';

/**
 * What the operations still to come need of the session. An item that one of them saw cannot have been taken off before, and
 * what nobody ever saw need not have been there, except to explain that a transaction found another suffix.
 */
export class Needs {
  readonly #observations: Observations;
  readonly #pending = new Map<Item, number>();
  #mismatches = 0;

  constructor(operations: readonly Operation[], observations: Observations) {
    this.#observations = observations;
    for (const operation of operations) this.change(operation, 1);
  }

  /** @param by -1 when the operation takes effect, 1 when the search takes that back. */
  change(operation: Operation, by: 1 | -1): void {
    for (const item of this.#observations.seenBy(operation)) {
      this.#pending.set(item, (this.#pending.get(item) ?? 0) + by);
    }
    if (operation.verb === 'transaction' && isKnown(operation) && operation.result === 'suffix-mismatch') {
      this.#mismatches += by;
    }
  }

  /** Whether the operation, which led from one state to the other, may take effect here. */
  permit(operation: Operation, before: State, after: State): boolean {
    const put = itemsPut(operation);
    if (!isKnown(operation) && put.length > 0 && after !== before) {
      const isOfUse = this.#mismatches > 0 || this.#observations.areSeen(put) || removes(operation);
      if (!isOfUse) return false;
    }
    const own = new Set(this.#observations.seenBy(operation));
    return !this.#removed(operation, before, after).some(
      (item) => (this.#pending.get(item) ?? 0) > (own.has(item) ? 1 : 0),
    );
  }

  #removed(operation: Operation, before: State, after: State): readonly Item[] {
    if (after === before) return [];
    if (operation.verb === 'clear') return before.stack.newest(Infinity);
    if (operation.verb === 'pop') return before.stack.newest(1);
    return operation.verb === 'transaction' ? operation.expected : [];
  }
}

function removes(operation: Operation): boolean {
  return operation.verb === 'transaction' && operation.expected.length > 0;
}

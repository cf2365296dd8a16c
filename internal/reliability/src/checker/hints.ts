import { isKnown, itemsPut, type Operation } from './history';
import { Lifetimes } from './lifetimes';
import type { State } from './model';
import { Needs } from './needs';
import type { Observations } from './observations';

/**
 * Tells the search which steps cannot lead to an end, though they fit the state that they are taken in. Without hints it
 * comes to the same verdict, only too late.
 */
export class Hints {
  readonly #needs: Needs;
  readonly #lifetimes: Lifetimes;
  readonly #done = new Set<Operation>();

  constructor(
    operations: readonly Operation[],
    private readonly observations: Observations,
  ) {
    this.#needs = new Needs(operations, observations);
    this.#lifetimes = new Lifetimes(operations, observations);
  }

  /** Whether the operation, which would change this state, may be the next. */
  permit(operation: Operation, state: State): boolean {
    if (!this.#needs.permit(operation, state)) return false;
    const puts = itemsPut(operation);
    if (puts.length === 0) return true;
    const below = operation.verb === 'transaction' ? state.stack.without(operation.expected) : state.stack;
    return (
      this.observations.allow(puts[0], below?.top) &&
      this.#lifetimes.allow(puts, below ?? state.stack) &&
      this.#lifetimes.precedentsOf(operation).every((precedent) => this.#done.has(precedent))
    );
  }

  took(operation: Operation): void {
    if (isKnown(operation)) this.#done.add(operation);
    this.#needs.took(operation);
  }

  takeBack(operation: Operation): void {
    this.#done.delete(operation);
    this.#needs.takeBack(operation);
  }
}

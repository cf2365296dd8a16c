import type { Item, Operation } from '../checker/history';

/** Is told of each call before it is made, and again when its outcome is known. */
export interface HistorySink {
  /** @param operation As it is if nothing more is ever heard of it: its outcome unknown. */
  called(call: string, operation: Operation): void;
  /** @param operation Undefined where nothing changed. */
  returned(call: string, operation: Operation | undefined): void;
}

/** What was called on one session, by all its clients, and what came of it. */
export class History implements HistorySink {
  readonly #operations = new Map<string, Operation>();

  /** @param items What the session holds when the recording begins. */
  constructor(items: readonly Item[] = []) {
    if (items.length > 0) this.returned('past', { verb: 'add', items, client: 'past', from: 0, until: 0 });
  }

  get operations(): Operation[] {
    return [...this.#operations.values()];
  }

  called(call: string, operation: Operation): void {
    this.#operations.set(call, operation);
  }

  returned(call: string, operation: Operation | undefined): void {
    if (operation) this.#operations.set(call, operation);
    else this.#operations.delete(call);
  }
}

/** The name of one item. No two calls add the same one, except a transaction that is tried again under its operation id. */
export type Item = string;

interface Call {
  /** Who called. One client has one call under way at a time, or several whose outcome it never learned. */
  readonly client: string;
  /** By a clock that all clients share. */
  readonly from: number;
  /** `Infinity` where the client never learned the outcome: it may take effect at any time from `from` on, or never. */
  readonly until: number;
}

export interface AddItems extends Call {
  readonly verb: 'add';
  readonly items: readonly Item[];
}

export interface PopItem extends Call {
  readonly verb: 'pop';
  /** Undefined for an empty session, and where the outcome is unknown. */
  readonly popped?: Item | undefined;
}

export interface GetItems extends Call {
  readonly verb: 'get';
  readonly limit?: number | undefined;
  readonly items: readonly Item[];
}

export interface ClearSession extends Call {
  readonly verb: 'clear';
}

export interface Transaction extends Call {
  readonly verb: 'transaction';
  readonly operationId: string;
  /** Empty for `append_items`. */
  readonly expected: readonly Item[];
  readonly append: readonly Item[];
  /** Of no meaning where the outcome is unknown. */
  readonly result: 'applied' | 'suffix-mismatch' | 'operation-mismatch';
}

/** One call of one session, with what came of it. Calls that failed and changed nothing are left out. */
export type Operation = AddItems | PopItem | GetItems | ClearSession | Transaction;

export function isKnown({ until }: Operation): boolean {
  return until !== Infinity;
}

/** The items that the operation puts at the end, if it takes effect. */
export function itemsPut(operation: Operation): readonly Item[] {
  if (operation.verb === 'add') return operation.items;
  return operation.verb === 'transaction' ? operation.append : [];
}

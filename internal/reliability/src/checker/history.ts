/**
 * The name of one item. No two calls put the same one, except a transaction that is tried again under its operation id. What
 * a rewrite makes of an item is named `<the item as it was added>~<anything>`.
 */
export type Item = string;

interface Call {
  /** Who called. One client has one call under way at a time, or several whose outcome it never learned. */
  readonly client: string;
  /** By a clock that all clients share. */
  readonly from: number;
  /** `Infinity` where the client never learned the outcome: it may take effect at any time from `from` on, or never. */
  readonly until: number;
}

interface AddItems extends Call {
  readonly verb: 'add';
  readonly items: readonly Item[];
}

interface PopItem extends Call {
  readonly verb: 'pop';
  /** Undefined for an empty session, and where the outcome is unknown. */
  readonly popped?: Item | undefined;
}

interface GetItems extends Call {
  readonly verb: 'get';
  readonly limit?: number | undefined;
  readonly items: readonly Item[];
}

interface ClearSession extends Call {
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

/** Puts one item in the place of the oldest ones, unless the session changed otherwise than by additions since it was read. */
export interface Compaction extends Call {
  readonly verb: 'compact';
  /** The session as it was read: what is replaced, and what is kept. */
  readonly replaced: readonly Item[];
  readonly kept: readonly Item[];
  readonly by: Item;
}

/** Puts another version of an item in the place of the one that is there, if one is. */
interface Rewrite extends Call {
  readonly verb: 'rewrite';
  /** As it was added. */
  readonly original: Item;
  readonly by: Item;
}

/** One call of one session, with what came of it. Calls that failed and changed nothing are left out. */
export type Operation = AddItems | PopItem | GetItems | ClearSession | Transaction | Compaction | Rewrite;

export function isKnown({ until }: Operation): boolean {
  return until !== Infinity;
}

/** The items that the operation puts at the end, if it takes effect. */
export function itemsPut(operation: Operation): readonly Item[] {
  if (operation.verb === 'add') return operation.items;
  return operation.verb === 'transaction' ? operation.append : [];
}

/** The item as it was added, whatever became of it since. */
export function originalOf(item: Item): Item {
  return item.split('~', 1)[0] ?? item;
}

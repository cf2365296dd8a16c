import { isKnown, itemsPut, originalOf, type Item, type Operation } from './history';

/** In the place of an item's neighbour: it was the oldest item of the session. */
const OLDEST = Symbol('oldest');

type Neighbour = Item | typeof OLDEST;

/**
 * What all reads together say about the order of items, whatever the order of the operations.
 *
 * A session grows and shrinks at its end only. So what an item was put behind stays directly behind it for as long as the
 * item is there, and a read that shows both tells on what the item was put. This spares the search most of its choices.
 * It holds of items that one operation alone can have put: a transaction that is tried again may put its own anew, after a
 * clear. A compaction and a rewrite put an item in another's place, so as a neighbour the one is as good as the other.
 */
export class Observations {
  /** The operations that put each item. */
  readonly #carriers = new Map<Item, Operation[]>();
  /** By what was put in the place of others: the last of them. */
  readonly #predecessors = new Map<Item, Item>();
  /** The first that stood in the place of the item's neighbour. */
  readonly #behind = new Map<Item, Set<Neighbour>>();
  readonly #perhapsSeen = new Set<Item>();
  /** How many transactions have the operation id. */
  readonly #uses = new Map<string, number>();
  readonly #operations: readonly Operation[];

  constructor(operations: readonly Operation[]) {
    this.#operations = operations;
    for (const operation of operations) {
      for (const item of itemsPut(operation)) entry(this.#carriers, item, () => []).push(operation);
      for (const item of needed(operation)) this.#perhapsSeen.add(item);
      if (operation.verb === 'transaction') {
        this.#uses.set(operation.operationId, this.usesOf(operation.operationId) + 1);
      } else if (operation.verb === 'compact' || operation.verb === 'rewrite') {
        const { by } = operation;
        entry(this.#carriers, by, () => []).push(operation);
        const before = operation.verb === 'compact' ? operation.replaced.at(-1) : undefined;
        // No order explains a history in which an item came of itself; but nobody shall look for its first for ever.
        if (before !== undefined && this.#firstOf(before) !== by) this.#predecessors.set(by, before);
      }
    }
    for (const operation of operations) {
      const items = this.#runSeenBy(operation);
      for (const item of items) this.#perhapsSeen.add(item);
      const isWhole =
        operation.verb === 'compact' ||
        (operation.verb === 'get' && items.length < (operation.limit ?? Infinity));
      for (const [index, item] of items.entries()) {
        const before = items[index - 1];
        const neighbour = before !== undefined ? this.#firstOf(before) : isWhole ? OLDEST : undefined;
        if (neighbour !== undefined) entry(this.#behind, item, () => new Set()).add(neighbour);
      }
    }
  }

  usesOf(operationId: string): number {
    return this.#uses.get(operationId) ?? 0;
  }

  /** The items that the operation certainly saw, of those that are put once. */
  seenBy(operation: Operation): readonly Item[] {
    return this.#runSeenBy(operation).filter((item) => this.#isPutOnce(item));
  }

  /** Whether anybody saw one of these, or may have. */
  arePerhapsSeen(items: readonly Item[]): boolean {
    return items.some((item) => this.#perhapsSeen.has(item));
  }

  /** Whether these, and nothing between them, were read next to each other. */
  confirm(items: readonly Item[]): boolean {
    return items.every((item, index) => {
      const before = items[index - 1];
      return (
        before === undefined ||
        (this.#isPutOnce(item) && this.#behind.get(item)?.has(this.#firstOf(before)) === true)
      );
    });
  }

  /** Whether nothing that was read speaks against putting the item on this one, or on an empty session. */
  allow(item: Item | undefined, top: Item | undefined): boolean {
    if (item === undefined || !this.#isPutOnce(item)) return true;
    return this.#behind.get(item)?.has(top === undefined ? OLDEST : this.#firstOf(top)) ?? true;
  }

  /**
   * What is wrong with the history whatever the order of its operations; undefined where only a search can tell. It finds
   * nothing that the search would not, but says it in words.
   */
  findContradiction(): string | undefined {
    for (const operation of this.#operations) {
      const seen = this.#runSeenBy(operation);
      if (new Set(seen).size < seen.length) {
        const twice = seen.find((item, index) => seen.indexOf(item) !== index);
        return `doubled: ${operation.client} read ${twice ?? ''} twice at once`;
      }
      const madeUp = seen.find((item) => !this.#carriers.has(item));
      if (madeUp !== undefined) return `made up: ${operation.client} saw ${madeUp}, which nobody added`;
    }
    return this.#findPoppedTwice() ?? this.#findDisorder();
  }

  #findPoppedTwice(): string | undefined {
    const poppedBy = new Map<Item, string>();
    for (const operation of this.#operations) {
      if (operation.verb !== 'pop') continue;
      for (const item of this.seenBy(operation)) {
        const other = poppedBy.get(item);
        if (other !== undefined) return `popped twice: ${item}, by ${other} and by ${operation.client}`;
        poppedBy.set(item, operation.client);
      }
    }
    return undefined;
  }

  #findDisorder(): string | undefined {
    for (const [item, [put]] of this.#carriers) {
      const behind = [...(this.#behind.get(item) ?? [])].map((each) => (each === OLDEST ? 'nothing' : each));
      if (put === undefined || behind.length === 0 || !this.#isPutOnce(item)) continue;
      if (behind.length > 1) return `reordered: ${item} was read behind ${behind.join(', and behind ')}`;
      const batch = itemsPut(put);
      const before = batch[batch.indexOf(item) - 1];
      if (before !== undefined && this.#firstOf(before) !== behind[0]) {
        return `torn: ${item} was added behind ${before}, and read behind ${behind.join()}`;
      }
    }
    return undefined;
  }

  /** A run of items next to each other, the newest last. */
  #runSeenBy(operation: Operation): readonly Item[] {
    if (!isKnown(operation)) return [];
    switch (operation.verb) {
      case 'get':
        return operation.items;
      case 'pop':
        return operation.popped === undefined ? [] : [operation.popped];
      case 'transaction': {
        // One that is tried again is told that it was applied, whatever the session holds.
        const isFirst = this.usesOf(operation.operationId) === 1;
        return operation.result === 'applied' && isFirst ? operation.expected : [];
      }
      case 'compact':
        return [...operation.replaced, ...operation.kept];
      default:
        return [];
    }
  }

  #isPutOnce(item: Item): boolean {
    return this.#carriers.get(item)?.length === 1;
  }

  #firstOf(item: Item): Item {
    const original = originalOf(item);
    const before = this.#predecessors.get(original);
    return before === undefined ? original : this.#firstOf(before);
  }
}

/** Items that the operation needs to take effect, or that decide what comes of it. */
function needed(operation: Operation): readonly Item[] {
  switch (operation.verb) {
    case 'transaction':
      return operation.expected;
    case 'compact':
      return [...operation.replaced, ...operation.kept];
    case 'rewrite':
      return [operation.original];
    default:
      return [];
  }
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}

import type { Item } from './history';

/** An immutable list with its newest item on top. Equal lists that grew from one empty stack are one object. */
export class Stack {
  static empty(): Stack {
    return new Stack(undefined, undefined, { next: 0 });
  }

  readonly id: number;
  readonly length: number;
  readonly #above = new Map<Item, Stack>();
  readonly #ids: { next: number };

  private constructor(
    readonly top: Item | undefined,
    /** Undefined for the empty stack alone. */
    readonly below: Stack | undefined,
    ids: { next: number },
  ) {
    this.#ids = ids;
    this.id = ids.next++;
    this.length = below === undefined ? 0 : below.length + 1;
  }

  push(items: readonly Item[]): Stack {
    return items.reduce<Stack>((stack, item) => stack.#pushOne(item), this);
  }

  #pushOne(item: Item): Stack {
    let above = this.#above.get(item);
    if (above === undefined) {
      above = new Stack(item, this, this.#ids);
      this.#above.set(item, above);
    }
    return above;
  }

  /** Without these on top, the last of them being the newest; undefined where others are on top. */
  without(items: readonly Item[]): Stack | undefined {
    let rest: Stack | undefined = this.length < items.length ? undefined : this;
    for (let index = items.length - 1; rest !== undefined && index >= 0; index--) {
      rest = rest.top === items[index] ? rest.below : undefined;
    }
    return rest;
  }

  /** Oldest first. */
  newest(count: number): Item[] {
    const items: Item[] = [];
    let at: Stack | undefined = count > 0 ? this : undefined;
    while (at?.top !== undefined && items.length < count) {
      items.push(at.top);
      at = at.below;
    }
    return items.reverse();
  }
}

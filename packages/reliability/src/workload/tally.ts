/** Counts things by name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    if (count !== 0) this.#counts.set(name, this.get(name) + count);
  }

  /** Keeps the largest. */
  raise(name: string, value: number): void {
    this.#counts.set(name, Math.max(this.get(name), value));
  }

  addAll(other: Iterable<readonly [string, number]>, prefix = ''): void {
    for (const [name, count] of other) this.add(`${prefix}${name}`, count);
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  [Symbol.iterator](): Iterator<[string, number]> {
    return [...this.#counts].sort(([left], [right]) => (left < right ? -1 : 1))[Symbol.iterator]();
  }

  get size(): number {
    return this.#counts.size;
  }

  toString(): string {
    return [...this].map(([name, count]) => `${name} ${count}`).join(', ');
  }
}

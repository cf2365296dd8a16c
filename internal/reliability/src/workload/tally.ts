/** Counts things by name, and keeps the largest of others. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #largest = new Map<string, number>();

  add(name: string, count = 1): void {
    if (count !== 0) this.#counts.set(name, this.get(name) + count);
  }

  /** Of a name that nothing is added to. */
  raise(name: string, value: number): void {
    this.#largest.set(name, Math.max(this.get(name), value));
  }

  addAll(counts: Iterable<readonly [string, number]>, prefix: string): void {
    for (const [name, count] of counts) this.add(`${prefix}${name}`, count);
  }

  merge(other: Tally): void {
    for (const [name, count] of other.#counts) this.add(name, count);
    for (const [name, value] of other.#largest) this.raise(name, value);
  }

  get(name: string): number {
    return this.#counts.get(name) ?? this.#largest.get(name) ?? 0;
  }

  get size(): number {
    return this.#counts.size + this.#largest.size;
  }

  [Symbol.iterator](): Iterator<[string, number]> {
    const all = [...this.#counts, ...this.#largest];
    return all.sort(([left], [right]) => (left < right ? -1 : 1))[Symbol.iterator]();
  }

  toString(): string {
    return [...this].map(([name, count]) => `${name} ${count}`).join(', ');
  }
}

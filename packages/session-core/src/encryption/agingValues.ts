interface Held<T> {
  readonly since: number;
  readonly value: Promise<T | undefined>;
}

/** Values that are loaded once, by whoever asks first, and again when they are older than `maxAgeMs`. */
export class AgingValues<T> {
  readonly #maxAgeMs: number;
  /** The oldest first. */
  readonly #held = new Map<string, Held<T>>();

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  /** What is not there, or cannot be loaded, is asked for again by the next call. */
  async get(name: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    this.#dropOld();
    const held = this.#held.get(name);
    if (held) return held.value;
    // By the time of the question: the answer may be as old.
    const added = { since: performance.now(), value: load() };
    this.#held.set(name, added);
    let value: T | undefined;
    try {
      value = await added.value;
      return value;
    } finally {
      if (value === undefined && this.#held.get(name) === added) this.#held.delete(name);
    }
  }

  delete(name: string): void {
    this.#held.delete(name);
  }

  #dropOld(): void {
    const oldest = performance.now() - this.#maxAgeMs;
    for (const [name, { since }] of this.#held) {
      if (since > oldest) return;
      this.#held.delete(name);
    }
  }
}

/** Lets somebody wait for others to get on, by counting what they did, not by the clock. */
export class Progress {
  #count = 0;
  #ended = false;
  #waiting: { readonly at: number; readonly wake: () => void }[] = [];

  get hasEnded(): boolean {
    return this.#ended;
  }

  step(): void {
    this.#count++;
    this.#wake(({ at }) => at <= this.#count);
  }

  end(): void {
    this.#ended = true;
    this.#wake(() => true);
  }

  /** Resolves after this many more steps, or at the end. */
  async after(steps: number): Promise<void> {
    if (this.#ended) return;
    const at = this.#count + steps;
    await new Promise<void>((wake) => {
      this.#waiting.push({ at, wake });
    });
  }

  #wake(isDue: (waiting: { readonly at: number }) => boolean): void {
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.filter((each) => !due.includes(each));
    for (const { wake } of due) wake();
  }
}

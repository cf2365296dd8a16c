/** Lets calls pass, and can hold them back until none is under way. */
export class Gate {
  #underWay = 0;
  #closed: Promise<void> | undefined;
  #onQuiet: (() => void) | undefined;

  async pass<T>(call: () => Promise<T>): Promise<T> {
    while (this.#closed) await this.#closed;
    this.#underWay++;
    try {
      return await call();
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.#onQuiet?.();
    }
  }

  /** Runs `act` while no call is under way. */
  async whileQuiet<T>(act: () => Promise<T>): Promise<T> {
    let open = (): void => undefined;
    this.#closed = new Promise((resolve) => (open = resolve));
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#onQuiet = resolve));
    this.#onQuiet = undefined;
    try {
      return await act();
    } finally {
      this.#closed = undefined;
      open();
    }
  }
}

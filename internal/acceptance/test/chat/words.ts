import { once } from 'node:events';

/** Lets the scripted model say as many words as a test allows, so that an answer is under way for as long as the test likes. */
export class Words {
  #allowed = 0;
  readonly #changed = new EventTarget();

  allow(count: number): void {
    this.#allowed += count;
    this.#changed.dispatchEvent(new Event('allowed'));
  }

  /** From now on none, whatever was allowed. */
  hold(): void {
    this.#allowed = 0;
  }

  readonly pace = async (signal: AbortSignal | undefined): Promise<void> => {
    while (this.#allowed <= 0) await once(this.#changed, 'allowed', { ...(signal && { signal }) });
    this.#allowed -= 1;
  };
}

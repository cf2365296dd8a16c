import { createHash } from 'node:crypto';

/** A place in the scripts, and what stands there instead. */
export interface Mutant {
  /** The rule that it breaks. */
  readonly breaks: string;
  readonly find: string;
  readonly replace: string;
  /** A seed from which on it is soon found, where that takes more than a few schedules from any. */
  readonly firstSeed?: number;
}

/** So small that a schedule of some steps fills and empties both halves of the idempotency keys more than once. */
export const IDS_PER_HALF = 2;
const SMALL: Mutant = {
  breaks: 'nothing',
  find: 'local HALF, WINDOW, UNKNOWN = 1000,',
  replace: `local HALF, WINDOW, UNKNOWN = ${IDS_PER_HALF},`,
};

/** The scripts of the stores, learned as a server learns them, and changed on the way. */
export class Scripts {
  readonly #texts = new Map<string, string>();
  readonly #mutant: Mutant | undefined;
  /** Whether the mutant's place was found. */
  mutated = false;

  constructor(mutant?: Mutant) {
    this.#mutant = mutant;
  }

  learn(lua: string): void {
    let text = lua.replaceAll(SMALL.find, SMALL.replace);
    if (this.#mutant !== undefined) {
      const { find, replace } = this.#mutant;
      this.mutated ||= text.includes(find);
      text = text.replaceAll(find, replace);
    }
    this.#texts.set(createHash('sha1').update(lua).digest('hex'), text);
  }

  /** Undefined for one that is not known. */
  textOf(sha1: string): string | undefined {
    return this.#texts.get(sha1);
  }
}

import type { BackendName } from '../worlds/world';
import type { Context } from './stage';

/** `short`: a few seconds, for `npm test`. `long`: for the soak. */
export type Size = 'short' | 'long';

/** One kind of trouble, and what must hold under it. */
export interface Scenario {
  readonly name: string;
  readonly backends: readonly BackendName[];
  /** @throws When something is lost, doubled, torn or out of order, or a call fails in a way that it must not. */
  run(backend: BackendName, size: Size, context: Context): Promise<void>;
}

import type { Progress } from '../measure/progress';
import type { Section } from '../report/section';
import type { Scale } from './scale';

interface SuiteContext {
  readonly scale: Scale;
  readonly progress: Progress;
}

/** One question that the benchmark answers. */
export interface Suite {
  /** `<engine> <question>`, by which it is chosen on the command line. */
  readonly name: string;
  readonly run: (context: SuiteContext) => Promise<Section>;
}

import { bin } from './run.mjs';
import { runWithSetUp } from './withSetUp.mjs';

/** `npm run bench`: set-up, then the comparison with the raw drivers. */
await runWithSetUp([bin('tsx'), 'internal/benchmarks/src/main.ts']);

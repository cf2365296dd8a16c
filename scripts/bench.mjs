import { bin } from './run.mjs';
import { runWithSetUp } from './withSetUp.mjs';

/** `npm run bench`: set-up, then the benchmark with its arguments. */
await runWithSetUp([bin('tsx'), 'internal/benchmarks/src/main.ts', ...process.argv.slice(2)]);

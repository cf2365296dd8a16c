import { runWithSetUp } from './withSetUp.mjs';

/** `npm run bench`: set-up, then the comparison with the raw drivers. */
await runWithSetUp(['internal/benchmarks/src/main.ts']);

import { runWithSetUp } from './withSetUp.mjs';

/** `npm run bench`: set-up, then the comparison with the raw drivers. */
await runWithSetUp(['packages/benchmarks/src/main.ts']);

import { bin } from './run.mjs';
import { runWithSetUp } from './withSetUp.mjs';

/** `npm run demo`: set-up, then examples/demo. What is missing, the demo says itself, beside what it shows without. */
await runWithSetUp([bin('tsx'), 'examples/demo/main.ts']);

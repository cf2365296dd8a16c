import { bin } from './run.mjs';
import { runWithSetUp } from './withSetUp.mjs';

/** `npm run quickstarts`: set-up, then the quick starts of the documents in empty projects, on every runtime. */
await runWithSetUp([bin('tsx'), 'internal/acceptance/src/quickstarts/main.ts']);

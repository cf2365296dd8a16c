import { bin } from './run.mjs';
import { runWithSetUp } from './withSetUp.mjs';

/** `npm run watch`: set-up, then, at each change of a file, the suites that it concerns. */
await runWithSetUp([bin('jest'), '--watch', ...process.argv.slice(2)]);

import { bin } from './run.mjs';
import { runWithSetUp } from './withSetUp.mjs';

/** `npm run chat`, or `npm run chat dynamodb`: set-up, then examples/chatServer. */
await runWithSetUp([bin('tsx'), 'examples/chatServer/main.ts', ...process.argv.slice(2)]);

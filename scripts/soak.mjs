import { bin } from './run.mjs';
import { runWithSetUp } from './withSetUp.mjs';

/** `npm run soak`: set-up, then what internal/reliability does to sessions, for as long as one likes. */
const folder = 'internal/reliability';
const program = [bin('tsx'), '--tsconfig', 'tsconfig.sources.json', `${folder}/src/soak/main.ts`];
await runWithSetUp([...program, ...process.argv.slice(2)]);

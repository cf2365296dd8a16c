import { pnpm } from './run.mjs';
import { build, setUpDependencies } from './setup.mjs';
import { runWithSetUp } from './withSetUp.mjs';

/**
 * `npm run release`: set-up, then each package whose version is not on npm yet is published, and its tag made. Through
 * pnpm, because changesets calls it to publish: it writes versions in the place of `workspace:`.
 */
await runWithSetUp([...pnpm, 'exec', 'changeset', 'publish'], [setUpDependencies, build]);

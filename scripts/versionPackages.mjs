import { bin } from './run.mjs';
import { setUpDependencies } from './setup.mjs';
import { runWithSetUp } from './withSetUp.mjs';

/** `npm run version-packages`: set-up, then changesets become versions and changelogs. */
await runWithSetUp([bin('changeset'), 'version'], [setUpDependencies]);

import { runChecks } from './checks.mjs';
import { finish } from './counts.mjs';
import { setUpAll } from './setup.mjs';
import { runSuites } from './suites.mjs';

/**
 * `npm run check`, for the loop of a day: types and lint where something has changed since the last time, the suites of the
 * core, and the kit on one shape of each engine. `npm test` proves the rest.
 */
const SUITES = ['packages/session-core/test', 'test/conformance\\.test', '--ignoreProjects', 'AWS SDK 3.363'];

await finish(async () => {
  const ready = await setUpAll();
  if (ready.failed > 0) return [ready];
  return Promise.all([runChecks(['typecheck', 'lint']), runSuites(SUITES)]);
});

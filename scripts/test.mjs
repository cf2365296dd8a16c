import { ALL_CHECKS, runChecks } from './checks.mjs';
import { finish } from './counts.mjs';
import { setUpAll } from './setup.mjs';
import { runSuites } from './suites.mjs';

/** `npm test`: set-up, then every check and every test, whatever fails before it. */
await finish(async () => {
  const ready = await setUpAll();
  if (ready.failed > 0) return [ready];
  // What the documents say runs on the packages as they are built.
  const built = await runChecks(['build']);
  // The suites wait a lot, for servers and for timers: the checks use that time.
  const [checked, tested] = await Promise.all([runChecks(ALL_CHECKS), runSuites()]);
  return [ready, built, checked, tested];
});

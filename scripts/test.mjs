import { runJestSuites } from './jestSuites.mjs';
import { checkPackages } from './packageChecks.mjs';
import { Report } from './report.mjs';
import { bin, run } from './run.mjs';
import { build, setUpDependencies, setUpDynamoDB, setUpOpenssl, setUpRedis, setUpValkey } from './setup.mjs';
import { checkSources } from './sourceChecks.mjs';

/** `npm test`: set-up, then every check and every test, whatever fails before it. */
async function main(report) {
  const ready = await report.check('dependencies', setUpDependencies);
  if (!ready) return;
  await setUpRedis();
  await setUpValkey();
  await setUpOpenssl();
  await setUpDynamoDB();
  await report.check('build', build);
  await checkSources(report);
  await checkPackages(report);
  await runJestSuites(report);
  await report.check('demo', () =>
    run([bin('tsx'), 'examples/demo/main.ts'], { env: { OPENAI_API_KEY: '' } }),
  );
}

const report = new Report();
try {
  await main(report);
} catch (error) {
  await report.check('the test runner itself', () => ({ ok: false, output: String(error?.stack ?? error) }));
}
report.finish();

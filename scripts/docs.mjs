import { bin } from './run.mjs';
import { checkSite } from './checkSite.mjs';
import { build, setUpDependencies } from './setup.mjs';
import { runWithSetUp } from './withSetUp.mjs';

/** `npm run docs`: set-up, then the site of the documents and of the API reference of every published entry point, in site/. */
await runWithSetUp([bin('typedoc')], [setUpDependencies, build]);
if (!process.exitCode) checkSite('site');

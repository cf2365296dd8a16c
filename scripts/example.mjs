import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, root } from './run.mjs';
import { runWithSetUp } from './withSetUp.mjs';

const FOLDER = join(root, 'examples');

/** `npm run example`: what there is. `npm run example -- <name>`: set-up, then that example. */
const [name, ...args] = process.argv.slice(2);
const examples = new Map(readdirSync(FOLDER).sort().flatMap(describe));
if (examples.has(name)) {
  await runWithSetUp([bin('tsx'), `examples/${name}/main.ts`, ...args]);
} else {
  const width = Math.max(...[...examples.keys()].map((each) => each.length));
  for (const [each, line] of examples) console.log(`${each.padEnd(width)}  ${line}`);
  if (name !== undefined) {
    console.error(`\nThere is no example ${name}.`);
    process.exitCode = 1;
  }
}

/** Its name, and the first sentence of its README, up to a colon. */
function describe(folder) {
  const readme = join(FOLDER, folder, 'README.md');
  if (!existsSync(readme)) return [];
  const [, line = ''] = /^# [^\n]*\n\n(.*?)[.:](?:\s|$)/s.exec(readFileSync(readme, 'utf8')) ?? [];
  return [[folder, line.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')]];
}

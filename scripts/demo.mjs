import { spawn } from 'node:child_process';
import { bin, root, tail } from './run.mjs';
import { build, setUpDependencies, setUpDynamoDB, setUpRedis } from './setup.mjs';

/** `npm run demo`: set-up, then examples/demo. What is missing, the demo says itself, beside what it shows without. */
async function main() {
  for (const step of [setUpDependencies, setUpRedis, setUpDynamoDB, build]) {
    const result = await step();
    if (result?.ok === false) {
      console.error(tail(result.output));
      return 1;
    }
  }
  const demo = spawn(bin('tsx'), ['examples/demo/main.ts'], { cwd: root, stdio: 'inherit' });
  return new Promise((resolve) => demo.once('exit', (code) => resolve(code ?? 1)));
}

process.exitCode = await main();

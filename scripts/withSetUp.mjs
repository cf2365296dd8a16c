import { spawn } from 'node:child_process';
import { root, tail } from './run.mjs';
import { build, setUpDependencies, setUpDynamoDB, setUpRedis } from './setup.mjs';

/** Sets up what is missing, then runs a command, and exits as it does. */
export async function runWithSetUp(
  [command, ...args],
  steps = [setUpDependencies, setUpRedis, setUpDynamoDB, build],
) {
  for (const step of steps) {
    const result = await step();
    if (result?.ok === false) {
      console.error(tail(result.output));
      process.exitCode = 1;
      return;
    }
  }
  const program = spawn(command, args, { cwd: root, stdio: 'inherit' });
  process.exitCode = await new Promise((resolve) => program.once('exit', (code) => resolve(code ?? 1)));
}

import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { bin, root } from './run.mjs';

/** `npm run soak`: needs a tree that is set up, and says so where it is not. */
if (existsSync(bin('tsx'))) {
  const folder = 'packages/reliability';
  const args = [
    '--tsconfig',
    `${folder}/tsconfig.json`,
    `${folder}/src/soak/main.ts`,
    ...process.argv.slice(2),
  ];
  const soak = spawn(bin('tsx'), args, { cwd: root, stdio: 'inherit' });
  soak.once('exit', (code) => (process.exitCode = code ?? 1));
} else {
  console.error('This tree is not set up. First run: npm run demo');
  process.exitCode = 1;
}

/** The tests of an application: `npm run example -- testing`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const tests = fileURLToPath(new URL('./support.test.ts', import.meta.url));
const args = ['--import', 'tsx', '--test', '--test-reporter', 'spec', tests];
const [code] = (await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit')) as [number | null];
process.exitCode = code ?? 1;

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Milliseconds that the import of a module takes in a process that has imported nothing yet, the compiler warm on disk. */
export async function importTime(specifier: string, cwd: string): Promise<number> {
  const program = `
    const started = performance.now();
    await import(${JSON.stringify(specifier)});
    process.stdout.write(String(performance.now() - started));
    process.exit();
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd });
  return Number(stdout);
}

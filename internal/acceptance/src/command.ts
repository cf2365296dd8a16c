import { spawn } from 'node:child_process';

interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it is given on its standard input. Default: nothing. */
  readonly input?: string;
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as a process of its own, and resolves with what it printed once it ended well. */
export function runCommand(
  [command = '', ...args]: readonly string[],
  { cwd, env, input = '' }: CommandOptions = {},
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: 'pipe',
      env: { ...process.env, ...env },
    });
    // One that ends without having read it is not at fault.
    child.stdin.on('error', () => undefined).end(input);
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else {
        const said = `${output.stdout}${output.stderr}`;
        reject(new Error(`${[command, ...args].join(' ')} ended with ${signal ?? code}:\n${said}`));
      }
    });
  });
}

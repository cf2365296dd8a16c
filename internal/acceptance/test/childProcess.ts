import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface ScriptOptions {
  /** A script of this folder to load first. */
  readonly preload?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs a script of this folder as a process of its own, and resolves with what it printed once it ended well. */
export function runScript(file: string, options: ScriptOptions = {}): Promise<string> {
  const preload = options.preload === undefined ? [] : ['--import', join(__dirname, options.preload)];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', ...preload, join(__dirname, file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output.stdout);
      else reject(new Error(`${file} ended with ${signal ?? code}:\n${output.stderr}`));
    });
  });
}

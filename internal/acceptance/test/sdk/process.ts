import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { bundle } from '@agent-sessions/engines';

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The SDK's version under test. Jest's configuration names those before the newest. */
export const { sdkVersion } = globalThis as { sdkVersion?: string };

export const PACKAGE = join(__dirname, '../..');

/** Maps the SDK to the version under test, for TypeScript as well as for what is bundled. */
export const SDK_TSCONFIG =
  sdkVersion === undefined
    ? 'tsconfig.sdk.json'
    : `tsconfig.sdk-${sdkVersion.split('.').slice(0, 2).join('-')}.json`;

export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
}

/** Starts a script of this folder as a process of its own, with the sources as they are and the SDK under test. */
export function startProcess(file: string, args: readonly string[]): Started {
  const script = bundle(join(__dirname, file), `internal/acceptance/${SDK_TSCONFIG}`);
  const child = spawn(process.execPath, [script, ...args], { cwd: PACKAGE });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A process that was killed does not read its input.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ stdout, stderr, code, signal }));
  });
  return { child, ended };
}

/** Runs a script to its end, whatever that is. */
export function runProcess(file: string, args: readonly string[], input: unknown = null): Promise<Ended> {
  const { child, ended } = startProcess(file, args);
  child.stdin.end(JSON.stringify(input));
  return ended;
}

/** What a process printed as JSON, once it has ended well. */
export async function outputOf(file: string, args: readonly string[], input?: unknown): Promise<unknown> {
  const { stdout, stderr, code, signal } = await runProcess(file, args, input);
  if (code !== 0) throw new Error(`${file} ended with ${signal ?? code}:\n${stderr}`);
  return JSON.parse(stdout) as unknown;
}

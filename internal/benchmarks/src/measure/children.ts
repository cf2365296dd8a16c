import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { TYPESCRIPT } from '@agent-sessions/engines';

/** Also when its parent is killed, it ends. */
const BUSY = `
const parent = process.ppid;
while (process.ppid === parent) for (let count = 0; count < 1e7; count++);
`;

/**
 * Keeps every core busy with work that gives way to all other work. A core that sleeps takes some 50 µs to wake, which on
 * an idle machine is the larger part of a round trip to the same machine, and hides what is done before and after it.
 */
export function keepAwake(): { readonly stop: () => void } {
  const children = Array.from({ length: availableParallelism() }, () => {
    const child = spawn(process.execPath, ['-e', BUSY], { stdio: 'ignore' });
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    return child;
  });
  return { stop: () => children.forEach((child) => child.kill('SIGKILL')) };
}

export interface DelayedServer {
  readonly host: string;
  readonly port: number;
  readonly stop: () => void;
}

/** A delaying proxy in a process of its own, so that it takes no time of this one. */
export async function startDelayedServer(
  target: { readonly host: string; readonly port: number },
  roundTripMs: number,
): Promise<DelayedServer> {
  const child: ChildProcess = fork(
    fileURLToPath(new URL('delayProxyProcess.ts', import.meta.url)),
    [target.host, `${target.port}`, `${roundTripMs}`],
    { execArgv: [...TYPESCRIPT.execArgv] },
  );
  const [port] = (await once(child, 'message')) as [number];
  return { host: '127.0.0.1', port, stop: () => void child.kill('SIGKILL') };
}

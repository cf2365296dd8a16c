import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function until(holds: () => boolean, ms = 5_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not so within ${ms} ms: ${holds.toString()}`);
    await pause(10);
  }
}

/** Starts another process that starts an engine. */
export async function ownerOf(
  engine: 'redis' | 'dynamodb',
  options: { idle: boolean } = { idle: true },
): Promise<{ owner: ChildProcess; pid: number; dir: string }> {
  const owner = spawn(
    process.execPath,
    ['--import', 'tsx', join(__dirname, 'owner.ts'), engine, options.idle ? 'idle' : 'end'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const line = await new Promise<string>((resolve, reject) => {
    owner.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    owner.once('exit', (code) => reject(new Error(`the owner ended first, with ${code ?? 'a signal'}`)));
  });
  return { owner, ...(JSON.parse(line) as { pid: number; dir: string }) };
}

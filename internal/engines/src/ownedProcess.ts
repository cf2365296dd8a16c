import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/**
 * Runs "$@" until it ends by itself or our stdin does, and cleans up behind it. Our stdin is a pipe from the process that
 * started the engine, so it ends with that process, even on SIGKILL.
 */
const WATCHDOG = `
dir=$1; shift
exec 3<&0
"$@" </dev/null >"$dir/log" 2>&1 3<&- &
server=$!
echo $server
{ read -r _; kill -9 $server; } <&3 2>/dev/null &
wait $server 2>/dev/null
kill $! 2>/dev/null
tail -c 2000 "$dir/log" >&2
rm -rf "$dir"
`;

export interface OwnedProcess {
  readonly name: string;
  /** The server's process id. */
  readonly pid: number;
  /** A directory of its own, gone when the process is. */
  readonly dir: string;
  /** Settles with the end of its output when the process has ended and its directory is gone. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  output(): string;
  readonly stop: () => Promise<void>;
}

/** Starts a server that never outlives this process. Its arguments may name its directory. */
export async function startOwnedProcess(
  command: (dir: string) => readonly [string, ...string[]],
): Promise<OwnedProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'agent-sessions-'));
  const [binary, ...args] = command(dir);
  // A process group of its own, so that Ctrl-C in a terminal does not reach the watchdog before it has done its work.
  const watchdog = spawn('sh', ['-c', WATCHDOG, 'engine-watchdog', dir, binary, ...args], {
    detached: true,
  });
  const stopped = new Promise<void>((resolve) => {
    watchdog.once('error', () => {
      rmSync(dir, { recursive: true, force: true });
      resolve();
    });
    watchdog.once('close', () => resolve());
  });
  let lastOutput = '';
  watchdog.stderr.on('data', (chunk: Buffer) => (lastOutput += chunk.toString()));
  const ended = stopped.then(() => lastOutput);

  const pid = await new Promise<number>((resolve, reject) => {
    watchdog.once('error', reject);
    watchdog.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
  });

  // A forgotten engine must not keep its owner alive; the watchdog stops it when the owner ends.
  const handles = [watchdog, ...[watchdog.stdin, watchdog.stdout, watchdog.stderr].map(asSocket)];
  for (const handle of handles) handle.unref();

  return {
    name: basename(binary),
    pid,
    dir,
    ended,
    hasEnded: () => watchdog.exitCode !== null || watchdog.signalCode !== null,
    output() {
      try {
        return readFileSync(join(dir, 'log'), 'utf8');
      } catch {
        return lastOutput;
      }
    },
    async stop() {
      for (const handle of handles) handle.ref();
      watchdog.stdin.end();
      await stopped;
    },
  };
}

/** Node makes a child's pipes sockets; its types do not say so. */
function asSocket(stream: unknown): { ref(): void; unref(): void } {
  return stream as { ref(): void; unref(): void };
}

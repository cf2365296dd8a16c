import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { startOwnedProcess, type OwnedProcess } from './ownedProcess';

export interface ServerPlan {
  readonly binary: (dir: string) => string;
  /** A port of the caller's choice; omitted: a free one. */
  readonly port?: number | undefined;
  readonly highestPort?: number | undefined;
  readonly args: (port: number, dir: string) => readonly string[];
  /** Whether this server, and no other on the same port, answers. An error counts as no. */
  readonly answers: (port: number, server: OwnedProcess) => Promise<boolean>;
}

export interface RunningServer {
  readonly port: number;
  readonly server: OwnedProcess;
}

const TRIES = 5;
const START_MS = 30_000;

/** Starts a server on 127.0.0.1 and waits until it answers. */
export async function startServer(plan: ServerPlan): Promise<RunningServer> {
  for (let tries = 1; ; tries++) {
    const port = plan.port ?? (await freePort(plan.highestPort));
    const server = await startOwnedProcess((dir) => [plan.binary(dir), ...plan.args(port, dir)]);
    try {
      await untilAnswering(plan, port, server);
      return { port, server };
    } catch (error) {
      await server.stop();
      // Another process took the port between our looking and the server's binding.
      const lostPort = plan.port === undefined && /in use/i.test(server.output());
      if (!lostPort || tries === TRIES) throw error;
    }
  }
}

async function untilAnswering(plan: ServerPlan, port: number, server: OwnedProcess): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    if (await plan.answers(port, server).catch(() => false)) return;
    if (server.hasEnded()) throw new Error(`${server.name} ended before it answered:\n${await server.ended}`);
    if (Date.now() > deadline) {
      throw new Error(`${server.name} did not answer within ${START_MS / 1_000} s:\n${server.output()}`);
    }
    await pause(10);
  }
}

async function freePort(highest = 65_535): Promise<number> {
  for (;;) {
    const port = await anyFreePort();
    if (port <= highest) return port;
  }
}

function anyFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

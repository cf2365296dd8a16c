/**
 * A process that takes pending runs and goes on with them, all at once, until none is left, and kills itself at one of its
 * requests: `killedApprover.ts <backend> <place> <log> <request> <moment>`. It reads the runs, and writes to the log what it
 * does with them.
 */
import { appendFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { RunState } from '@openai/agents';
import { SessionError, type StoredSession } from '@agent-sessions/session-core';
import { openBackend, type Backend, type BackendName } from '../src/backends';
import { LEASE_SECONDS, type Deed, type WaitingRun } from './killedApprovers';
import { approve, payer, play } from './sdk/payer';

const [name, place, log, request, moment] = process.argv.slice(2) as [
  BackendName,
  string,
  string,
  string,
  'before' | 'during',
];
const kill = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

async function main(): Promise<void> {
  const runs = JSON.parse(await text(process.stdin)) as WaitingRun[];
  const backend = await openBackend(name, place, (number) => {
    if (number !== Number(request)) return;
    if (moment === 'before') kill();
    else setImmediate(kill);
  });
  await Promise.all(runs.map((run) => settle(backend, run)));
  await backend.close();
  process.exit();
}

/** Tries until the run is finished, by whomever, or its history has gone on. */
async function settle(backend: Backend, { id, sessionId }: WaitingRun): Promise<void> {
  const session = backend.session({ sessionId });
  for (;;) {
    try {
      if (await goOn(session, id)) return;
    } catch (error) {
      // A busy machine's answers may take too long: what was asked is done, or is not.
      if (!SessionError.is(error, 'CONFLICT') && !SessionError.is(error, 'TIMEOUT')) throw error;
    }
    // Somebody else has it, or is dead.
    await pause(100);
  }
}

async function goOn(session: StoredSession, id: string): Promise<boolean> {
  const { agent, payments } = payer();
  const deed = { id, pid: process.pid, began: Date.now() };
  if (await isSettled(session)) return true;
  const taken = await session.takePendingRun(id, {
    restore: (state) => RunState.fromString(agent, state),
    leaseSeconds: LEASE_SECONDS,
  });
  if (taken === undefined) return false;
  note({ ...deed, what: 'took', ended: Date.now() });
  await play(agent, approve(taken.state), taken.session, false);
  note({ ...deed, what: `paid ${payments.join()}`, ended: Date.now() });
  await taken.finish();
  note({ ...deed, what: 'finished', ended: Date.now() });
  return true;
}

async function isSettled(session: StoredSession): Promise<boolean> {
  return (await session.pendingRuns()).every(({ status }) => status === 'outdated');
}

function note(deed: Deed): void {
  appendFileSync(log, `${JSON.stringify(deed)}\n`);
}

void main();

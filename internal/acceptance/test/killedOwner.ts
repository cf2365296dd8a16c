/**
 * A process that works on the sessions of one owner, or erases them, and kills itself at one of its requests:
 * `killedOwner.ts <backend> <place> <work> <request>`.
 */
import { SessionError, type StoredSession } from '@agent-sessions/session-core';
import { openBackend, type BackendName } from '../src/backends';
import { OWNER, SESSION_IDS, WAITING } from './killedOwners';

const [name, place, work, request] = process.argv.slice(2) as [
  BackendName,
  string,
  'write' | 'erase',
  string,
];
const any = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T;

const DEEDS: readonly ((session: StoredSession) => Promise<unknown>)[] = [
  (session) => session.addItems([{ role: 'user', content: 'a' }]),
  (session) => session.addItems([{ role: 'user', content: 'b' }]),
  (session) => session.setDetails({ title: `title ${Math.random()}` }),
  (session) => session.clearSession(),
  (session) => session.fork({ sessionId: any(SESSION_IDS) }),
  async (session) => {
    await session.getItems();
    await session.savePendingRun(WAITING);
  },
];

async function main(): Promise<void> {
  const backend = await openBackend(name, place, (number) => {
    if (number === Number(request)) setImmediate(() => process.kill(process.pid, 'SIGKILL'));
  });
  if (work === 'erase') {
    await backend.index({ owner: OWNER }).erase();
  } else {
    for (let step = 0; step < 25; step++) {
      try {
        await any(DEEDS)(backend.session({ sessionId: any(SESSION_IDS), index: { owner: OWNER } }));
      } catch (error) {
        // There is no such session, or one already.
        if (!SessionError.is(error, 'CONFLICT') && !SessionError.is(error, 'INVALID_ARGUMENT')) throw error;
      }
    }
  }
  await backend.close();
  process.exit();
}

void main();

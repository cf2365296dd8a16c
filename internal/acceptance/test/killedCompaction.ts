/**
 * A process that compacts a session, and kills itself right before one of its requests, hence after the answer to the one
 * before: `killedCompaction.ts <backend> <place> <session id> <request> <size of the summary>`. Once it has read the history
 * it says `shortening`, and goes on when it reads anything.
 */
import { once } from 'node:events';
import { compactSession } from '@agent-sessions/session-core';
import { openBackend, type BackendName } from '../src/backends';

const [name, place, sessionId, request, size] = process.argv.slice(2) as [
  BackendName,
  string,
  string,
  string,
  string,
];
async function main(): Promise<void> {
  const backend = await openBackend(name, place, (number) => {
    if (number === Number(request)) process.kill(process.pid, 'SIGKILL');
  });
  const result = await compactSession(backend.session({ sessionId }), async (items) => {
    process.stdout.write('shortening\n');
    await once(process.stdin, 'data');
    return [{ role: 'system', content: `${items.length} items. `.padEnd(Number(size), 'x') }];
  });
  if (result.status !== 'rewritten') throw new Error(result.status);
  await backend.close();
  process.exit();
}

void main();

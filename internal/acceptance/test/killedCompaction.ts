/**
 * A process that compacts a session, and kills itself right before one of its requests, hence after the answer to the one
 * before: `killedCompaction.ts <backend> <place> <session id> <request> <size of the summary>`. Once it has read the history
 * it says `shortening`, and goes on when it reads anything.
 */
import { once } from 'node:events';
import { compactSession } from '@agent-sessions/session-core';
import type { BackendName } from '../src/backends';
import { openWatched } from './watchedBackend';

const [name, place, sessionId, request, size] = process.argv.slice(2) as [
  BackendName,
  string,
  string,
  string,
  string,
];
const watched = await openWatched(name, place, sessionId, (number) => {
  if (number === Number(request)) process.kill(process.pid, 'SIGKILL');
});
const result = await compactSession(watched.session, async (items) => {
  process.stdout.write('shortening\n');
  await once(process.stdin, 'data');
  return [{ role: 'system', content: `${items.length} items. `.padEnd(Number(size), 'x') }];
});
if (result.status !== 'rewritten') throw new Error(result.status);
await watched.close();
process.exit();

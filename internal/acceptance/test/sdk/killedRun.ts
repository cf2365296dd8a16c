/**
 * A process that starts something and kills itself at one of its writes, before the write arrives or before its answer does:
 * `killedRun.ts <backend> <place> <session id> <what> <loss>`. It reads what it needs to go on with.
 */
import { text } from 'node:stream/consumers';
import { openBackend, type BackendName } from '../../src/backends';
import { APPROVALS, playRound, type Approval } from './approvals';
import { compactionOf } from './compaction';
import { guardedAgent, runGuarded } from './guardrails';
import { withLosses, type Loss } from './losses';

export type Killed = 'a blocked run' | 'an approved run' | 'the SDK’s compaction';

async function main(): Promise<void> {
  const [name, place, sessionId, what, loss] = process.argv.slice(2) as [
    BackendName,
    string,
    string,
    Killed,
    Loss,
  ];
  const input = JSON.parse(await text(process.stdin)) as unknown;
  const backend = await openBackend(name, place);
  // The SDK's compaction clears first and writes then.
  const at = what === 'the SDK’s compaction' ? 2 : 1;
  const session = withLosses(backend.session({ sessionId }), (kind, write) => {
    if (kind === loss && write === at) process.kill(process.pid, 'SIGKILL');
  });
  if (what === 'a blocked run') {
    await runGuarded(guardedAgent('the model, after a tool'), 'Pay Ann', session, 'whole');
  } else if (what === 'an approved run') {
    await playRound(session, APPROVALS['one call, approved'] as Approval, 1, input as string);
  } else {
    await compactionOf(session).compaction.runCompaction({ force: true });
  }
  throw new Error('it was to be killed before');
}

void main();

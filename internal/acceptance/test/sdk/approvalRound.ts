/**
 * A process that plays one round of every approval: `approvalRound.ts <place> <round>`. It reads the runs that wait and prints
 * the same with what came of them.
 */
import { text } from 'node:stream/consumers';
import { DURABLE, openBackend, type BackendName } from '../../src/backends';
import { APPROVALS, playRound, type RoundResult } from './approvals';

export interface WaitingRun {
  readonly backend: BackendName;
  readonly approval: string;
  readonly sessionId: string;
  readonly concurrentWrites: 'append' | 'reject';
  readonly results: RoundResult[];
}

async function main(): Promise<void> {
  const [place, round] = process.argv.slice(2) as [string, string];
  const runs = JSON.parse(await text(process.stdin)) as WaitingRun[];
  for (const name of DURABLE) {
    const backend = await openBackend(name, place);
    for (const run of runs.filter(({ backend }) => backend === name)) {
      const { approval, sessionId, concurrentWrites, results } = run;
      const script = APPROVALS[approval];
      if (script === undefined) throw new Error(`no such approval: ${approval}`);
      const session = backend.session({ sessionId, concurrentWrites });
      results.push(await playRound(session, script, Number(round), results.at(-1)?.state));
    }
    await backend.close();
  }
  process.stdout.write(JSON.stringify(runs));
}

void main();

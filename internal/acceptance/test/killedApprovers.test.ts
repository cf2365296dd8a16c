import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentInputItem } from '@openai/agents';
import { DURABLE, newPlace, type Backend } from '../src/backends';
import { LEASE_SECONDS, type Deed, type WaitingRun } from './killedApprovers';
import { payer, play } from './sdk/payer';
import { runProcess } from './sdk/process';
import { typesOf } from './sdk/runs';
import { useBackend } from './support';

/**
 * Two processes at once go on with the same pending runs, and are killed at a random one of their requests, or end; then
 * two others, until all runs are settled. `ROUNDS=1000` for that many runs on each engine.
 */

const ROUNDS = Number(process.env['ROUNDS'] ?? 24);
const RUNS_PER_BATCH = Math.max(12, ROUNDS / 20);
/** A process sends more for so many runs, if it has to do all of them. */
const MOST_REQUESTS = 10 * RUNS_PER_BATCH;

const PENDING = 'user function_call';
const PAID = `${PENDING} function_call_result`;
const SETTLED = `${PAID} assistant`;

const folder = mkdtempSync(join(tmpdir(), 'approvers-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function waitingRun(backend: Backend): Promise<WaitingRun> {
  const session = backend.session();
  const id = await session.savePendingRun(await play(payer().agent, 'Pay', session, false));
  return { id, sessionId: await session.getSessionId() };
}

function deedsIn(log: string): Deed[] {
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Deed);
}

/** Whoever has a run has it until it says that it has finished, or until the lease ends, which began after it asked for it. */
function expectOneAtATime(deeds: readonly Deed[]): void {
  const takes = deeds.filter(({ what }) => what === 'took').sort((a, b) => a.ended - b.ended);
  for (const [index, take] of takes.entries()) {
    for (const earlier of takes.slice(0, index)) {
      expect(take.ended).toBeGreaterThanOrEqual(earlier.began + LEASE_SECONDS * 1_000);
    }
  }
  const finished = deeds.filter(({ what }) => what === 'finished');
  expect(finished.length).toBeLessThanOrEqual(1);
}

function resultsIn(items: readonly AgentInputItem[]): number {
  return items.filter((item) => item.type === 'function_call_result').length;
}

describe.each(DURABLE)('on %s', (name) => {
  const place = newPlace();
  const backend = useBackend(name, place);

  test(
    'one taker at a time, one result each, and no run is lost',
    async () => {
      const killed = { processes: 0, amidst: 0 };
      for (let done = 0; done < ROUNDS; done += RUNS_PER_BATCH) {
        const log = join(folder, `${name}-${done}`);
        writeFileSync(log, '');
        const runs = await Promise.all(Array.from({ length: RUNS_PER_BATCH }, () => waitingRun(backend())));
        const approve = async (mustEnd: boolean): Promise<boolean> => {
          const request = mustEnd ? 0 : Math.ceil(Math.random() * MOST_REQUESTS);
          const moment = Math.random() < 0.5 ? 'before' : 'during';
          const args = [name, place, log, `${request}`, moment];
          const { code, signal, stderr } = await runProcess('../killedApprover.ts', args, runs);
          if (signal === 'SIGKILL') killed.processes++;
          else if (code !== 0) throw new Error(stderr);
          return code === 0;
        };
        let pairs = 0;
        for (let isSettled = false; !isSettled; pairs++) {
          const mustEnd = pairs === 2;
          isSettled = (await Promise.all([approve(mustEnd), approve(mustEnd)])).includes(true);
        }

        const deeds = deedsIn(log);
        rmSync(log);
        for (const { id, sessionId } of runs) {
          const session = backend().session({ sessionId });
          const [items, left] = [await session.getItems(), await session.pendingRuns()];
          expect(resultsIn(items)).toBe(1);
          expect([PAID, SETTLED]).toContain(typesOf(items));
          // What is gone is done; what is left was killed between its first result and its end.
          if (left.length === 0) expect(typesOf(items)).toBe(SETTLED);
          else expect(left.map((run) => [run.id, run.status])).toEqual([[id, 'outdated']]);
          if (left.length > 0) killed.amidst++;
          expectOneAtATime(deeds.filter((deed) => deed.id === id));
        }
      }
      process.stdout.write(`${name}: ${ROUNDS} runs, ${JSON.stringify(killed)}\n`);
      expect(killed.processes).toBeGreaterThan(0);
    },
    20_000 * ROUNDS,
  );
});

import { Agent, MemorySession, type AgentInputItem } from '@openai/agents';
import { assistantMessage, ScriptedModel } from '@openai/agents/testing';
import { DURABLE, newPlace } from '../../src/backends';
import { useBackend } from '../support';
import type { WaitingRun } from './approvalRound';
import { APPROVALS, playRound, type Approval, type RoundResult } from './approvals';
import { outputOf } from './process';
import { inputsOf, runner, typesOf } from './runs';

/** A run waits for approval, its process ends, and other processes go on with it on the same session id. */

const PROCESSES = Math.max(...Object.values(APPROVALS).map(({ rounds }) => rounds.length));

/** The same in one process, on the SDK's own session. */
async function playOnMemorySession(
  approval: Approval,
): Promise<{ results: RoundResult[]; items: AgentInputItem[] }> {
  const session = new MemorySession();
  const results: RoundResult[] = [];
  for (const round of approval.rounds.keys()) {
    results.push(await playRound(session, approval, round, results.at(-1)?.state));
  }
  return { results, items: await session.getItems() };
}

function withoutState({ output, inputs }: RoundResult): unknown {
  return { output, inputs };
}

/** An item's place in the conversation: a second one with the same would be the same item twice. */
function identity(item: AgentInputItem): string {
  const { type, callId, id, providerData } = item as unknown as Record<string, unknown>;
  return JSON.stringify([type, callId ?? id ?? providerData ?? item]);
}

describe.each(DURABLE)('on %s', (name) => {
  const place = newPlace();
  const backend = useBackend(name, place);
  const runs: WaitingRun[] = Object.keys(APPROVALS).flatMap((approval) =>
    (['append', 'reject'] as const).map((concurrentWrites) => ({
      approval,
      concurrentWrites,
      sessionId: `${approval}, ${concurrentWrites}`,
      results: [],
    })),
  );
  let played = runs;

  beforeAll(async () => {
    for (let round = 0; round < PROCESSES; round++) {
      const isOver = ({ approval }: WaitingRun) => round >= (APPROVALS[approval]?.rounds.length ?? 0);
      const over = played.filter(isOver);
      const waiting = played.filter((run) => !isOver(run));
      const after = await outputOf('approvalRound.ts', [name, place, `${round}`], waiting);
      played = [...over, ...(after as WaitingRun[])];
    }
  }, 120_000);

  describe.each(Object.entries(APPROVALS))('%s', (approval, script) => {
    test.each(['append', 'reject'] as const)('with concurrentWrites: %s', async (concurrentWrites) => {
      const run = played.find(
        (each) => each.approval === approval && each.concurrentWrites === concurrentWrites,
      );
      const { results = [], sessionId } = run ?? {};
      expect(results.map(({ state }) => state !== undefined)).toEqual(
        script.rounds.map((_, round) => round < script.rounds.length - 1),
      );

      const session = backend().session({ sessionId });
      const items = await session.getItems();
      expect(typesOf(items)).toBe(script.stores);
      expect(new Set(items.map(identity)).size).toBe(items.length);

      const reference = await playOnMemorySession(script);
      expect(items).toEqual(reference.items);
      expect(results.map(withoutState)).toEqual(reference.results.map(withoutState));

      const model = new ScriptedModel([[assistantMessage('Bye.')]]);
      await runner.run(new Agent({ name: 'Agent', model }), 'Thanks', { session });
      expect(inputsOf(model)).toEqual([[...items, { type: 'message', role: 'user', content: 'Thanks' }]]);
    });
  });
});

import { Agent, type AgentInputItem } from '@openai/agents';
import { assistantMessage, ScriptedModel } from '@openai/agents/testing';
import { ALL, DURABLE, newPlace } from '../../src/backends';
import { useBackend } from '../support';
import type { WaitingRun } from './approvalRound';
import { APPROVALS, playOnMemorySession, playRound, type RoundResult } from './approvals';
import { withLosses, type Loss } from './losses';
import { outputOf, sdkVersion } from './process';
import { inputsOf, runner, typesOf } from './runs';

/** A run waits for approval, its process ends, and other processes go on with it on the same session id. */

const PROCESSES = Math.max(...Object.values(APPROVALS).map(({ rounds }) => rounds.length));

function withoutState({ output, inputs }: RoundResult): unknown {
  return { output, inputs };
}

/** An item's place in the conversation: a second one with the same would be the same item twice. */
function identity(item: AgentInputItem): string {
  const { type, callId, id, providerData } = item as unknown as Record<string, unknown>;
  return JSON.stringify([type, callId ?? id ?? providerData ?? item]);
}

const place = newPlace();
let played: WaitingRun[] = DURABLE.flatMap((backend) =>
  Object.keys(APPROVALS).flatMap((approval) =>
    (['append', 'reject'] as const).map((concurrentWrites) => ({
      backend,
      approval,
      concurrentWrites,
      sessionId: `${approval}, ${concurrentWrites}`,
      results: [],
    })),
  ),
);

beforeAll(async () => {
  for (let round = 0; round < PROCESSES; round++) {
    const isOver = ({ approval }: WaitingRun) => round >= (APPROVALS[approval]?.rounds.length ?? 0);
    const over = played.filter(isOver);
    const waiting = played.filter((run) => !isOver(run));
    const after = await outputOf('approvalRound.ts', [place, `${round}`], waiting);
    played = [...over, ...(after as WaitingRun[])];
  }
}, 120_000);

describe.each(DURABLE)('on %s', (name) => {
  const backend = useBackend(name, place);

  describe.each(Object.entries(APPROVALS))('%s', (approval, script) => {
    test.each(['append', 'reject'] as const)('with concurrentWrites: %s', async (concurrentWrites) => {
      const run = played.find(
        (each) =>
          each.backend === name && each.approval === approval && each.concurrentWrites === concurrentWrites,
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

/**
 * The SDK writes into the state what it is about to store after an approval, from version 0.18 on, and looks at the history
 * before it does so again. Earlier ones refuse such a state.
 */
describe.each(ALL)('on %s, when the first write after the approval fails', (name) => {
  const backend = useBackend(name);
  const lossy = Object.entries(APPROVALS).filter(([approval]) => !/rejected|hosted/.test(approval));

  describe.each<Loss>(['the request', 'the answer'])('because %s is lost', (loss) => {
    test.each(lossy)('%s', async (_what, approval) => {
      const sessionId = globalThis.crypto.randomUUID();
      const open = () => backend().session({ sessionId });
      const first = await playRound(open(), approval, 0);
      const before = typesOf(await open().getItems());

      const results: RoundResult[] = [first];
      let text: string | undefined;
      const losing = withLosses(open(), (kind, write) => {
        if (kind === loss && write === 1) throw new Error('lost');
      });
      const failing = playRound(losing, approval, 1, first.state, (state) => (text = state));
      await expect(failing).rejects.toThrow('lost');
      if (text === undefined) throw new Error('there is no state');

      if (!('pendingSessionWrite' in (JSON.parse(text) as object))) {
        expect(sdkVersion).toBe('0.15.0');
        await expect(playRound(open(), approval, 1, text)).rejects.toThrow('cannot be resumed safely');
        const after = typesOf(await open().getItems());
        expect(after.startsWith(before)).toBe(true);
        return;
      }
      const decided = { ...approval, decisions: [() => undefined, ...approval.decisions.slice(1)] };
      results.push(await playRound(open(), decided, 1, text));
      for (let round = 2; round < approval.rounds.length; round++) {
        results.push(await playRound(open(), approval, round, results.at(-1)?.state));
      }
      expect(await open().getItems()).toEqual((await playOnMemorySession(approval)).items);
    });
  });
});

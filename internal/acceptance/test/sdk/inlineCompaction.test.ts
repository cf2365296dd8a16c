import { Agent, type AgentInputItem, type Session } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import type { StoredSession } from '@agent-sessions/session-core';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { outcomeOf, runner, RUNS, weather } from './runs';

/**
 * A response that begins with a compaction item, which takes the place of all that the model was given. The Runner reads the
 * session right before it replaces the history; what others wrote by then, the model was never given.
 */

type Mode = keyof typeof RUNS;

const COMPACTION = {
  type: 'compaction',
  id: 'cmp1',
  encrypted_content: 'what was said',
  created_by: 'model',
} as const;
const note = (content: string): AgentInputItem => ({ role: 'system', content });

/** Two calls of a tool, then the compaction with the answer, then a turn without one. */
function agentOf(): Agent {
  const model = new ScriptedModel([
    [functionCall('weather', { city: 'Lima' }, { callId: 'c1' })],
    [functionCall('weather', { city: 'Oslo' }, { callId: 'c2' })],
    [COMPACTION, assistantMessage('Rain.')],
    [assistantMessage('Bye.')],
  ]);
  return new Agent({ name: 'Agent', model, tools: [weather] });
}

/** What is stored, messages by their text. */
async function stored(session: Session): Promise<string> {
  const items = await session.getItems();
  return items
    .map((item) => {
      if (!('role' in item)) return item.type;
      if (typeof item.content === 'string') return item.content;
      const [first] = item.content;
      return first && 'text' in first ? first.text : item.role;
    })
    .join(' ');
}

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  describe.each<Mode>(['whole', 'streamed'])('%s', (mode) => {
    /** A run in which somebody else does something before the model is asked: at each of these calls. */
    async function play(
      concurrentWrites: 'append' | 'reject',
      meanwhile: Readonly<Record<number, (other: StoredSession) => Promise<unknown>>>,
    ) {
      const sessionId = globalThis.crypto.randomUUID();
      const open = () => backend().session({ sessionId, concurrentWrites });
      await open().addItems([note('before'), note('same')]);
      const session = open();
      let calls = 0;
      const agent = agentOf();
      const outcome = await outcomeOf(async () => {
        const result = await RUNS[mode](agent, 'Weather?', {
          session,
          callModelInputFilter: async ({ modelData }) => {
            await meanwhile[++calls]?.(open());
            return modelData;
          },
        });
        return result.finalOutput;
      });
      return { agent, open, outcome, session };
    }

    test.each(['append', 'reject'] as const)('under %s, undisturbed: all is replaced', async (writes) => {
      const { open, outcome } = await play(writes, {});
      expect(outcome).toBe('Rain.');
      expect(await stored(open())).toBe('compaction Rain.');
    });

    test('what others append at any time of the run is kept behind, in order', async () => {
      const { agent, open, outcome, session } = await play('append', {
        1: (other) => other.addItems([note('first'), note('same')]),
        2: (other) => other.addItems([note('second')]),
        3: (other) => other.addItems([note('third')]),
      });
      expect(outcome).toBe('Rain.');
      expect(await stored(open())).toBe('compaction Rain. first same second third');
      await RUNS[mode](agent, 'And now?', { session });
      expect(await stored(open())).toBe('compaction Rain. first same second third And now? Bye.');
    });

    test('under reject, the run gets CONFLICT, and nothing is replaced', async () => {
      const { open, outcome } = await play('reject', { 3: (other) => other.addItems([note('third')]) });
      expect(outcome).toEqual({ error: 'SessionError', code: 'CONFLICT' });
      expect(await stored(open())).toBe('before same third');
    });

    test.each(['append', 'reject'] as const)(
      'under %s, a new chat that others began meanwhile is left alone',
      async (writes) => {
        const { open, outcome } = await play(writes, {
          3: async (other) => {
            await other.clearSession();
            await other.addItems([note('new')]);
          },
        });
        expect(outcome).toEqual({ error: 'SessionError', code: 'CONFLICT' });
        expect(await stored(open())).toBe('new');
      },
    );
  });

  // What the run wrote by then stands between what others wrote.
  test.each(['append', 'reject'] as const)('a run that waited for an approval, under %s', async (mode) => {
    const sessionId = globalThis.crypto.randomUUID();
    const open = () => backend().session({ sessionId, concurrentWrites: mode });
    const other = backend().session({ sessionId });
    const call = functionCall('weather', { city: 'Lima' }, { callId: 'c1' });
    const model = new ScriptedModel([[call], [COMPACTION, assistantMessage('Rain.')]]);
    const agent = new Agent({
      name: 'Agent',
      model,
      tools: [{ ...weather, needsApproval: () => Promise.resolve(true) }],
    });
    const session = open();
    await other.addItems([note('before')]);

    const { state } = await runner.run(agent, 'Weather?', { session });
    const disturb = async (content: string): Promise<void> => {
      if (mode === 'append') await other.addItems([note(content)]);
    };
    await disturb('waiting');
    for (const item of state.getInterruptions()) state.approve(item);
    await runner.run(agent, state, {
      session,
      callModelInputFilter: async ({ modelData }) => {
        await disturb('asked');
        return modelData;
      },
    });
    const kept = mode === 'append' ? ' waiting asked' : '';
    expect(await stored(other)).toBe(`compaction Rain.${kept}`);
  });
});

import { Agent, MemorySession, type Session } from '@openai/agents';
import { assistantMessage, ScriptedModel } from '@openai/agents/testing';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { guardedAgent, runGuarded, type Source } from './guardrails';
import { withLosses, type Loss } from './losses';
import { inputsOf, runner, typesOf } from './runs';

/**
 * Output that a guardrail blocks is not stored, but what the tools did is, in one transaction; when it is let through after
 * all, it takes its place in another one. Either may be lost on its way, or its answer, and is then tried again.
 */

const BLOCKED = { error: 'OutputGuardrailTripwireTriggered' };
const AFTER_TOOL = 'user function_call function_call_result';

const SOURCES: Readonly<Record<Source, { blocked: string; accepted: string; transactions: number }>> = {
  'the model, after a tool': {
    blocked: AFTER_TOOL,
    accepted: `${AFTER_TOOL} assistant`,
    transactions: 2,
  },
  'the tool': { blocked: AFTER_TOOL, accepted: AFTER_TOOL, transactions: 1 },
  // Without a tool there is nothing to protect, and the SDK appends as ever.
  'the model alone': { blocked: 'user', accepted: 'user assistant', transactions: 0 },
};

type Mode = 'whole' | 'streamed';

interface Seen {
  readonly outcomes: unknown[];
  readonly stored: string[];
  readonly paid: readonly string[];
  readonly lost: number;
  /** What the model is given in the turn after it. */
  readonly inputs: unknown;
}

/** Blocked, blocked again, let through, and another turn. Every transaction meets the loss once. */
async function play(open: () => Session, source: Source, mode: Mode, loss?: Loss): Promise<Seen> {
  const outcomes: unknown[] = [];
  const stored: string[] = [];
  const lost = new Set<unknown>();
  const session = withLosses(open(), (kind, _write, method) => {
    const stage = `${method} ${outcomes.length < 2 ? 'blocked' : 'accepted'}`;
    if (kind !== loss || method !== 'applyHistoryTransaction' || lost.has(stage)) return;
    lost.add(stage);
    throw new Error(`lost ${kind}`);
  });
  const note = async (outcome: unknown): Promise<void> => {
    outcomes.push(outcome);
    stored.push(typesOf(await open().getItems()));
  };

  const guarded = guardedAgent(source);
  const first = await runGuarded(guarded, 'Pay Ann', session, mode);
  await note(first.outcome);
  if (first.state === undefined) throw new Error('a blocked run leaves no state');
  await note((await runGuarded(guarded, first.state, session, mode)).outcome);
  guarded.passes = true;
  await note((await runGuarded(guarded, first.state, session, mode)).outcome);
  // Once more, as an application does that does not know whether it got through.
  await note((await runGuarded(guarded, first.state, session, mode)).outcome);

  const model = new ScriptedModel([[assistantMessage('Bye.')]]);
  await runner.run(new Agent({ name: 'Agent', model }), 'Thanks', { session: open() });
  return { outcomes, stored, paid: guarded.paid, lost: lost.size, inputs: inputsOf(model) };
}

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  describe.each(['append', 'reject'] as const)('with concurrentWrites: %s', (concurrentWrites) => {
    describe.each<Mode>(['whole', 'streamed'])('%s', (mode) => {
      describe.each(Object.keys(SOURCES) as Source[])('output of %s', (source) => {
        const { blocked, accepted, transactions } = SOURCES[source];

        test('is stored once it is let through, and only then', async () => {
          const reference = new MemorySession();
          const expected = await play(() => reference, source, mode);
          const sessionId = globalThis.crypto.randomUUID();
          const open = () => backend().session({ sessionId, concurrentWrites });
          const seen = await play(open, source, mode);
          expect(seen).toEqual(expected);
          expect(await open().getItems()).toEqual(await reference.getItems());

          expect(seen.outcomes.slice(0, 2)).toEqual([BLOCKED, BLOCKED]);
          expect(seen.stored).toEqual([blocked, blocked, accepted, accepted]);
          expect(seen.paid).toEqual(source === 'the model alone' ? [] : ['Ann']);
        });

        test.each<Loss>(['the request', 'the answer'])(
          'ends in the same history when %s of each transaction is lost once',
          async (loss) => {
            const sessionId = globalThis.crypto.randomUUID();
            const open = () => backend().session({ sessionId, concurrentWrites });
            const seen = await play(open, source, mode, loss);
            expect(seen.lost).toBe(transactions);

            const undisturbed = new MemorySession();
            const { inputs } = await play(() => undisturbed, source, mode);
            expect(await open().getItems()).toEqual(await undisturbed.getItems());
            expect(seen.inputs).toEqual(inputs);
            expect(seen.paid).toEqual(source === 'the model alone' ? [] : ['Ann']);

            const reference = new MemorySession();
            expect(seen).toEqual(await play(() => reference, source, mode, loss));
          },
        );
      });
    });
  });
});

import { Agent, type AgentInputItem, type SessionInputCallback } from '@openai/agents';
import { keepRecent, MemoryStore, StoredSession } from '@agent-sessions/session-core';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import * as fc from 'fast-check';
import { histories } from '../../../../packages/session-core/test/histories';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { APPROVALS, playRound, type Approval } from './approvals';
import { inputsOf, runner, typesOf, weather } from './runs';

/** What `keepRecent` leaves out, through all that the SDK's Runner does with the rest before it asks the model. */

/** What the model is given in the turn after a history. */
async function inputAfter(
  history: AgentInputItem[],
  sessionInputCallback?: SessionInputCallback,
): Promise<{ input: AgentInputItem[]; stored: AgentInputItem[] }> {
  const session = new StoredSession(new MemoryStore());
  await session.addItems(history);
  const model = new ScriptedModel([[assistantMessage('Answer')]]);
  const agent = new Agent({ name: 'Agent', model });
  await runner.run(agent, 'Question', {
    session,
    ...(sessionInputCallback && { sessionInputCallback }),
  });
  return { input: inputsOf(model)[0] as AgentInputItem[], stored: await session.getItems() };
}

test('the model gets the end of what it would get, the SDK has nothing more to leave out, and all stays stored', async () => {
  const limits = fc.oneof(
    fc.record({ turns: fc.nat({ max: 5 }) }),
    fc.record({ budget: fc.nat({ max: 40 }), measure: fc.constant(() => 1) }),
  );
  // The SDK itself takes calls with the same id for one, and moves the latest to the place of the first.
  const input = histories({ onTime: false, uniqueIds: true });
  await fc.assert(
    fc.asyncProperty(input, limits, async ({ items }, limit) => {
      const whole = await inputAfter(items);
      const part = await inputAfter(items, keepRecent(limit));
      // Had a call been kept without its result, the SDK would leave it out here and not there.
      expect(part.input).toEqual(whole.input.slice(whole.input.length - part.input.length));
      expect(part.stored).toEqual(whole.stored);
      expect(part.stored.slice(0, items.length)).toEqual(items);
    }),
    { numRuns: 100 },
  );
});

test('where the session expired while a run waited for an approval, later runs send no result without its call', async () => {
  let now = 0;
  const store = new MemoryStore({ ttlSeconds: 60, now: () => now });
  const open = (): StoredSession => new StoredSession(store, { sessionId: 's' });
  const approval = APPROVALS['one call, approved'] as Approval;
  const waiting = await playRound(open(), approval, 0);
  now += 60_000;
  await playRound(open(), approval, 1, waiting.state);
  expect(typesOf(await open().getItems())).toBe('function_call_result assistant');

  const inputOf = async (sessionInputCallback?: SessionInputCallback): Promise<string> => {
    const model = new ScriptedModel([[assistantMessage('Bye.')]]);
    await runner.run(new Agent({ name: 'Agent', model }), 'Thanks', {
      session: open(),
      ...(sessionInputCallback && { sessionInputCallback }),
    });
    return typesOf(inputsOf(model)[0] as AgentInputItem[]);
  };
  // what the SDK sends by itself, and models refuse
  expect(await inputOf()).toBe('function_call_result assistant user');
  expect(await inputOf(keepRecent({ turns: 10 }))).toBe('assistant user assistant user');
  expect(await inputOf(keepRecent({ budget: 1_000 }))).toBe('assistant user assistant user assistant user');
});

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  test.each(['append', 'reject'] as const)(
    'a long conversation costs the same every turn, and is stored whole (%s)',
    async (concurrentWrites) => {
      const sessionId = globalThis.crypto.randomUUID();
      const turns = 6;
      const model = new ScriptedModel(
        Array.from({ length: turns }, (_, turn) => [
          [functionCall('weather', { city: `City ${turn}` }, { callId: `c${turn}` })],
          [assistantMessage(`Rain ${turn}.`)],
        ]).flat(),
      );
      const agent = new Agent({ name: 'Agent', model, tools: [weather] });
      for (let turn = 0; turn < turns; turn++) {
        const session = backend().session({ sessionId, concurrentWrites });
        await runner.run(agent, `Question ${turn}`, {
          session,
          sessionInputCallback: keepRecent({ turns: 2 }),
        });
      }
      const first = inputsOf(model).filter((_, call) => call % 2 === 0) as AgentInputItem[][];
      const TURN = 'user function_call function_call_result assistant';
      expect(first.map(typesOf)).toEqual([
        'user',
        `${TURN} user`,
        ...Array.from({ length: turns - 2 }, () => `${TURN} ${TURN} user`),
      ]);
      expect(first.at(-1)?.[0]).toMatchObject({ content: `Question ${turns - 3}` });
      const stored = await backend().session({ sessionId }).getItems();
      expect(typesOf(stored)).toBe(Array.from({ length: turns }, () => TURN).join(' '));
    },
  );
});

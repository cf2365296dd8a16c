import { Agent, RunContext, type AgentInputItem, type Session } from '@openai/agents';
import { compactSession, type CompactionOptions, type HistoryShortener } from '@agent-sessions/session-core';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { COMPACTED, fakeEndpoint } from './compaction';
import { sdkVersion } from './process';
import { inputsOf, outcomeOf, runner, RUNS, typesOf, weather } from './runs';

/**
 * The option `compaction`: after a turn the Runner has the session shorten its history. Since SDK 0.18 it brings a receipt of
 * what the run read at its beginning, and later versions what the model was shown.
 */

type Mode = keyof typeof RUNS;

const BRINGS_RECEIPTS = sdkVersion !== '0.15.0';
const TELLS_WHAT_WAS_SHOWN = sdkVersion === undefined;

const DURING: AgentInputItem = { role: 'system', content: 'Meanwhile, elsewhere' };
const SUMMARY: AgentInputItem[] = [{ type: 'compaction', encrypted_content: 'summary' }];
const FIRST_TURN = 'user function_call function_call_result assistant';

function agentOf(): { agent: Agent; model: ScriptedModel } {
  const model = new ScriptedModel([
    [functionCall('weather', { city: 'Paris' }, { callId: 'c1' })],
    [assistantMessage('Rain.')],
    [assistantMessage('Still.')],
    [assistantMessage('Bye.')],
    [assistantMessage('Bye again.')],
  ]);
  return { agent: new Agent({ name: 'Agent', model, tools: [weather] }), model };
}

/** A compaction that is due whenever `due` says so. */
function byFunction(shorten: HistoryShortener = () => SUMMARY): { due: boolean; options: CompactionOptions } {
  const schedule = { due: false, options: { shorten, shouldTriggerCompaction: () => schedule.due } };
  return schedule;
}

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  function conversation(concurrentWrites: 'append' | 'reject' = 'append') {
    const sessionId = globalThis.crypto.randomUUID();
    const open = (compaction?: CompactionOptions) =>
      backend().session({ sessionId, concurrentWrites, compaction });
    const other = backend().session({ sessionId });
    return { open, other, stored: async () => typesOf(await other.getItems()) };
  }

  describe.each<Mode>(['whole', 'streamed'])('%s', (mode) => {
    const say = async (agent: Agent, input: string, session: Session): Promise<unknown> =>
      outcomeOf(async () => (await RUNS[mode](agent, input, { session })).finalOutput);

    test.each(['append', 'reject'] as const)(
      'by the client, under %s: when due, and the next turn goes on from it',
      async (concurrentWrites) => {
        const { open, other, stored } = conversation(concurrentWrites);
        const { client, endpoint } = fakeEndpoint();
        const { agent, model } = agentOf();
        let due = false;
        const compaction = { client, model: 'gpt-5.5', shouldTriggerCompaction: () => due };
        expect(await say(agent, 'Hello', open(compaction))).toBe('Rain.');
        expect(await stored()).toBe(FIRST_TURN);
        expect(endpoint.requests).toEqual([]);

        due = true;
        expect(await say(agent, 'And now?', open(compaction))).toBe('Still.');
        expect(await other.getItems()).toEqual(COMPACTED);
        expect(endpoint.requests).toHaveLength(1);
        expect(endpoint.requests[0]).toMatchObject({ model: 'gpt-5.5' });
        expect(endpoint.requests[0]?.input).toHaveLength(6);

        due = false;
        expect(await say(agent, 'Bye', open(compaction))).toBe('Bye.');
        expect(await stored()).toBe('user compaction user assistant');
        expect(inputsOf(model).at(-1)).toMatchObject([{ type: 'compaction' }, { role: 'user' }]);

        due = true;
        expect(await say(agent, 'Bye', open(compaction))).toBe('Bye again.');
        expect(await other.getItems()).toEqual(COMPACTED);
      },
    );

    test('what others append while it works is kept behind', async () => {
      const { open, other, stored } = conversation();
      const shortening = byFunction(async () => {
        await other.addItems([DURING]);
        return SUMMARY;
      });
      shortening.due = true;
      const { agent } = agentOf();
      expect(await say(agent, 'Hello', open(shortening.options))).toBe('Rain.');
      expect(await other.getItems()).toEqual([...SUMMARY, DURING]);
      expect(await stored()).toBe('compaction system');
    });

    test('under reject, it is left undone when others write while it works', async () => {
      const { open, other, stored } = conversation('reject');
      const shortening = byFunction(async () => {
        await other.addItems([DURING]);
        return SUMMARY;
      });
      shortening.due = true;
      expect(await say(agentOf().agent, 'Hello', open(shortening.options))).toBe('Rain.');
      expect(await stored()).toBe(`${FIRST_TURN} system`);
    });

    test('a new chat that others began while it works is left alone', async () => {
      const { open, other } = conversation();
      const shortening = byFunction(async () => {
        await other.clearSession();
        await other.addItems([DURING]);
        return SUMMARY;
      });
      shortening.due = true;
      expect(await say(agentOf().agent, 'Hello', open(shortening.options))).toBe('Rain.');
      expect(await other.getItems()).toEqual([DURING]);
    });
  });

  test('what others append during the run makes its receipt stale: it is stored, and nothing is shortened', async () => {
    const { open, other, stored } = conversation();
    const shortening = byFunction();
    shortening.due = true;
    const session = open(shortening.options);
    const { agent } = agentOf();
    let disturbed = false;
    await runner.run(agent, 'Hello', {
      session,
      callModelInputFilter: async ({ modelData }) => {
        if (!disturbed) await other.addItems([DURING]);
        disturbed = true;
        return modelData;
      },
    });
    // Before receipts, all that is stored is handed over.
    expect(await stored()).toBe(BRINGS_RECEIPTS ? `system ${FIRST_TURN}` : 'compaction');
    await runner.run(agent, 'And now?', { session });
    expect(await other.getItems()).toEqual(SUMMARY);
  });

  test('what an input callback kept from the model is not touched', async () => {
    const { open, other, stored } = conversation();
    await other.addItems([{ role: 'user', content: 'hidden' }]);
    const shortening = byFunction();
    shortening.due = true;
    const { agent } = agentOf();
    await runner.run(agent, 'Hello', {
      session: open(shortening.options),
      sessionInputCallback: (_history, items) => items,
    });
    expect(await stored()).toBe(TELLS_WHAT_WAS_SHOWN ? `user ${FIRST_TURN}` : 'compaction');
    await runner.run(agent, 'And now?', { session: open(shortening.options) });
    expect(await stored()).toBe('compaction');
  });

  test('bytes that the user sends count as shown, as they are stored', async () => {
    const { open, other } = conversation();
    const shortening = byFunction();
    shortening.due = true;
    const image = Uint8Array.from([1, 2, 3, 250]);
    const input: AgentInputItem = {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'What is it?' },
        { type: 'input_image', image: image as never },
      ],
    };
    await runner.run(agentOf().agent, [input], { session: open(shortening.options) });
    expect(await other.getItems()).toEqual(SUMMARY);
  });

  test('a call that waits for approval is kept, and goes on behind the summary', async () => {
    const { open, other, stored } = conversation();
    const shortening = byFunction((items) => {
      expect(typesOf(items)).not.toContain('function_call');
      return SUMMARY;
    });
    const model = new ScriptedModel([
      [assistantMessage('Hi.')],
      [functionCall('weather', { city: 'Paris' }, { callId: 'c1' })],
      [assistantMessage('Rain.')],
    ]);
    const agent = new Agent({
      name: 'Agent',
      model,
      tools: [{ ...weather, needsApproval: () => Promise.resolve(true) }],
    });
    const session = open(shortening.options);
    await runner.run(agent, 'Hello', { session });
    shortening.due = true;
    const { state } = await runner.run(agent, 'Weather?', { session });
    await compactSession(session, () => SUMMARY);
    expect(await stored()).toBe('compaction function_call');
    shortening.due = false;
    for (const item of state.getInterruptions()) state.approve(item);
    expect((await runner.run(agent, state, { session })).finalOutput).toBe('Rain.');
    expect(typesOf(await other.getItems())).toBe('compaction function_call function_call_result assistant');
  });

  describe('when it fails', () => {
    const failing = (): never => {
      throw new Error('503');
    };

    test('the run fails, and the turn is stored', async () => {
      const { open, stored } = conversation();
      const session = open({ shorten: failing, shouldTriggerCompaction: () => true });
      expect(await outcomeOf(() => runner.run(agentOf().agent, 'Hello', { session }))).toEqual({
        error: 'Error',
      });
      expect(await stored()).toBe(FIRST_TURN);
    });

    test('with onError, the run goes on', async () => {
      const { open, stored } = conversation();
      const errors: unknown[] = [];
      const session = open({
        shorten: failing,
        shouldTriggerCompaction: () => true,
        onError: (error) => errors.push(error),
      });
      expect((await runner.run(agentOf().agent, 'Hello', { session })).finalOutput).toBe('Rain.');
      expect(errors).toEqual([new Error('503')]);
      expect(await stored()).toBe(FIRST_TURN);
      expect(await outcomeOf(async () => session.runCompaction?.({ force: true }))).toEqual({
        error: 'Error',
      });
    });
  });

  test('what it cost is added to the usage of the run', async () => {
    const { open } = conversation();
    const { client } = fakeEndpoint();
    const session = open({ client, model: 'gpt-5.5', shouldTriggerCompaction: () => true });
    const { state } = await runner.run(agentOf().agent, 'Hello', { session });
    const compaction = { inputTokens: 9, outputTokens: 1, totalTokens: 10, endpoint: 'responses.compact' };
    expect(state.usage.requestUsageEntries).toEqual(
      expect.arrayContaining([expect.objectContaining(compaction)]),
    );
    expect(state.usage.requests).toBe(3);
  });

  test('by default, it is due at ten items that are neither a user’s message nor a compaction', async () => {
    const { open, other, stored } = conversation();
    const session = open({ shorten: () => SUMMARY });
    const note = (count: number): AgentInputItem[] => Array<AgentInputItem>(count).fill(DURING);
    const users: AgentInputItem[] = Array<AgentInputItem>(20).fill({ role: 'user', content: 'Hi' });
    await other.addItems([...users, ...note(9)]);
    expect(await session.runCompaction?.()).toBeNull();
    expect(await other.getItems()).toHaveLength(29);
    await other.addItems(note(1));
    await session.runCompaction?.();
    expect(await stored()).toBe('compaction');
  });

  test('by the caller’s own call: forced, with what others append meanwhile kept', async () => {
    const { open, other } = conversation();
    const { client, endpoint } = fakeEndpoint();
    endpoint.meanwhile = () => other.addItems([DURING]);
    const session = open({ client, model: 'gpt-5.5', shouldTriggerCompaction: () => false });
    await other.addItems([{ role: 'user', content: 'Hello' }]);
    expect(await session.runCompaction?.()).toBeNull();
    expect(endpoint.requests).toEqual([]);
    expect(await session.runCompaction?.({ force: true })).toMatchObject({ usage: { totalTokens: 10 } });
    expect(await other.getItems()).toEqual([...COMPACTED, DURING]);
  });

  test('in scopes that never meet', async () => {
    const sessionId = globalThis.crypto.randomUUID();
    const scope = ({ context }: RunContext<{ tenant: string }>): string => context.tenant;
    const shortening = byFunction();
    const session = backend().session({ sessionId, scope: scope, compaction: shortening.options });
    const { agent } = agentOf();
    const itemsOf = async (tenant: string): Promise<string> =>
      typesOf(await session.getItems(undefined, new RunContext({ tenant })));
    await runner.run(agent, 'Hello', { session, context: { tenant: 'a' } });
    shortening.due = true;
    await runner.run(agent, 'Hello', { session, context: { tenant: 'b' } });
    expect([await itemsOf('a'), await itemsOf('b')]).toEqual([FIRST_TURN, 'compaction']);
  });

  test('under reject without it, a forced call says that it needs the option, and others do nothing', async () => {
    const { open, other } = conversation('reject');
    await other.addItems([DURING]);
    expect(await open().runCompaction?.()).toBeNull();
    expect(await outcomeOf(async () => open().runCompaction?.({ force: true }))).toEqual({
      error: 'SessionError',
      code: 'INVALID_ARGUMENT',
    });
  });
});

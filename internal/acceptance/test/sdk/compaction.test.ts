import { Agent, MemorySession, type AgentInputItem, type Session } from '@openai/agents';
import { compactSession, onMemoryCopy, type StoredSession } from '@agent-sessions/session-core';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { APPROVALS, playRound, type Approval } from './approvals';
import { COMPACTED, compactionOf, type FakeEndpoint } from './compaction';
import { withLosses, type Loss } from './losses';
import { inputsOf, outcomeOf, runner, typesOf, weather } from './runs';

const DURING: AgentInputItem = { role: 'user', content: 'Meanwhile, elsewhere' };

/** Two turns, and a third after them. */
function threeTurns(): { agent: Agent; model: ScriptedModel } {
  const model = new ScriptedModel([
    [functionCall('weather', { city: 'Paris' }, { callId: 'c1' })],
    [assistantMessage('Rain.')],
    [assistantMessage('Still.')],
    [assistantMessage('Bye.')],
  ]);
  return { agent: new Agent({ name: 'Agent', model, tools: [weather] }), model };
}

/**
 * The SDK's `OpenAIResponsesCompactionSession` clears the session that it wraps, and then adds what the endpoint answered.
 *
 * - Where the endpoint or the session refuses, nothing is lost: the wrapper puts back what it had read.
 * - What another process appends while the endpoint works, or between the two writes, is lost.
 * - A process that ends between the two writes loses the whole history (killedRun.test.ts).
 *
 * A session cannot tell these two calls from a caller's own, so no session protects against that. `compactSession` does.
 */
describe.each(ALL)('the SDK’s compaction session around a session on %s', (name) => {
  const backend = useBackend(name);

  /** Two turns under the wrapper, and another one without it, in which the model shows what it is given. */
  async function play(
    session: Session,
    disturb: (endpoint: FakeEndpoint) => void = () => undefined,
    loss?: { readonly kind: Loss; readonly write: number },
  ): Promise<unknown> {
    const { agent, model } = threeTurns();
    const losing = withLosses(session, (kind, write) => {
      if (loss && kind === loss.kind && write === loss.write) throw new Error(`lost ${kind}`);
    });
    let turns = 0;
    const { compaction, endpoint } = compactionOf(losing, () => turns === 2);
    disturb(endpoint);
    const outcomes: unknown[] = [];
    for (const input of ['Hello', 'And now?']) {
      turns++;
      const run = () => runner.run(agent, input, { session: compaction });
      outcomes.push(await outcomeOf(async () => (await run()).finalOutput));
      outcomes.push(typesOf(await session.getItems()));
    }
    const third = await outcomeOf(async () => (await runner.run(agent, 'Bye', { session })).finalOutput);
    return { outcomes, third, requests: endpoint.requests, inputs: inputsOf(model) };
  }

  /** Two objects: one that is compacted, and one of another process. */
  function objects(): [StoredSession, StoredSession] {
    const sessionId = globalThis.crypto.randomUUID();
    return [backend().session({ sessionId }), backend().session({ sessionId })];
  }

  test('compacts after the second turn as around a MemorySession', async () => {
    const reference = new MemorySession();
    const [session, other] = objects();
    const seen = await play(session);
    expect(seen).toEqual(await play(reference));
    expect(seen).toMatchObject({
      outcomes: ['Rain.', 'user function_call function_call_result assistant', 'Still.', 'user compaction'],
    });
    expect(await other.getItems()).toEqual(await reference.getItems());
  });

  test('an endpoint that fails changes nothing', async () => {
    const fail = (endpoint: FakeEndpoint): void => {
      endpoint.meanwhile = () => Promise.reject(new Error('503'));
    };
    const reference = new MemorySession();
    const [session, other] = objects();
    expect(await play(session, fail)).toEqual(await play(reference, fail));
    expect(typesOf(await other.getItems())).toMatch(
      /^user function_call function_call_result assistant user/,
    );
    expect(await other.getItems()).toEqual(await reference.getItems());
  });

  // The third write clears, the fourth adds what the endpoint answered.
  test.each<{ kind: Loss; write: number }>([
    { kind: 'the request', write: 3 },
    { kind: 'the answer', write: 3 },
    { kind: 'the request', write: 4 },
    { kind: 'the answer', write: 4 },
  ])('a session that fails with $kind of write $write: the wrapper puts the history back', async (loss) => {
    const reference = new MemorySession();
    const [session, other] = objects();
    expect(await play(session, undefined, loss)).toEqual(await play(reference, undefined, loss));
    expect(await other.getItems()).toEqual(await reference.getItems());
    expect(typesOf(await other.getItems())).toMatch(
      /^user function_call function_call_result assistant user/,
    );
  });

  test('what is appended while the endpoint works is lost, and `compactSession` keeps it', async () => {
    const append = (other: StoredSession) => (endpoint: FakeEndpoint) => {
      endpoint.meanwhile = () => other.addItems([DURING]);
    };
    const [wrapped, beside] = objects();
    await wrapped.addItems([{ role: 'user', content: 'Hello' }]);
    const theirs = compactionOf(wrapped);
    append(beside)(theirs.endpoint);
    await theirs.compaction.runCompaction({ force: true });
    expect(await beside.getItems()).toEqual(COMPACTED);

    const [ours, other] = objects();
    await ours.addItems([{ role: 'user', content: 'Hello' }]);
    const outcome = await compactSession(
      ours,
      onMemoryCopy(async (copy) => {
        const { compaction, endpoint } = compactionOf(copy);
        append(other)(endpoint);
        await compaction.runCompaction({ force: true });
      }),
    );
    expect(outcome).toEqual({ status: 'rewritten', kept: 1 });
    expect(await other.getItems()).toEqual([...COMPACTED, DURING]);
  });
});

describe.each(ALL)('compactSession on %s', (name) => {
  const backend = useBackend(name);

  async function conversation(concurrentWrites: 'append' | 'reject' = 'append') {
    const sessionId = globalThis.crypto.randomUUID();
    const open = () => backend().session({ sessionId, concurrentWrites });
    const { agent, model } = threeTurns();
    for (const input of ['Hello', 'And now?']) await runner.run(agent, input, { session: open() });
    return { open, agent, model };
  }

  const withSdk = onMemoryCopy((copy) => compactionOf(copy).compaction.runCompaction({ force: true }));

  test.each(['append', 'reject'] as const)(
    'with concurrentWrites: %s, the next turn goes on from the summary',
    async (concurrentWrites) => {
      const { open, agent, model } = await conversation(concurrentWrites);
      expect(await compactSession(open(), withSdk)).toEqual({ status: 'rewritten', kept: 0 });
      expect(await open().getItems()).toEqual(COMPACTED);
      await runner.run(agent, 'Bye', { session: open() });
      expect(typesOf(await open().getItems())).toBe('user compaction user assistant');
      // The SDK shows the model what stands behind the latest compaction item.
      expect(inputsOf(model).at(-1)).toEqual([
        COMPACTED[1],
        { type: 'message', role: 'user', content: 'Bye' },
      ]);
    },
  );

  test('a turn that ends meanwhile is kept behind the summary', async () => {
    const { open, agent } = await conversation();
    const outcome = await compactSession(open(), async (items) => {
      await runner.run(agent, 'Bye', { session: open() });
      return withSdk(items);
    });
    expect(outcome).toEqual({ status: 'rewritten', kept: 2 });
    expect(typesOf(await open().getItems())).toBe('user compaction user assistant');
  });

  test('with concurrentWrites: reject, a turn that ends meanwhile is a conflict', async () => {
    const { open, agent } = await conversation('reject');
    const before = typesOf(await open().getItems());
    const outcome = await compactSession(open(), async (items) => {
      await runner.run(agent, 'Bye', { session: open() });
      return withSdk(items);
    });
    expect(outcome).toEqual({ status: 'conflict' });
    expect(typesOf(await open().getItems())).toBe(`${before} user assistant`);
  });

  test('a run that waits for approval meanwhile goes on behind the summary', async () => {
    const approval = APPROVALS['beside a call that needs no approval, after reasoning'] as Approval;
    const { open } = await conversation();
    const { state } = await playRound(open(), approval, 0);
    const outcome = await compactSession(open(), withSdk);
    expect(outcome).toEqual({ status: 'rewritten', kept: 0 });
    const waiting = 'reasoning function_call function_call function_call_result';
    expect(typesOf(await open().getItems())).toBe(`user compaction ${waiting}`);

    await playRound(open(), approval, 1, state);
    expect(typesOf(await open().getItems())).toBe(
      `user compaction ${waiting} function_call_result assistant`,
    );
    const { agent, model } = threeTurns();
    await runner.run(agent, 'Bye', { session: open() });
    expect(typesOf(inputsOf(model)[0] as AgentInputItem[])).toBe(
      `compaction ${waiting} function_call_result assistant user`,
    );
  });
});

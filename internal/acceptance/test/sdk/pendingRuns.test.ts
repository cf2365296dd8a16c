import { RunContext, RunState, type AgentInputItem } from '@openai/agents';
import type { RestoredRunState, SessionOptions, StoredSession } from '@agent-sessions/session-core';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { APPROVALS, playOnMemorySession, playRound } from './approvals';
import { approve, payer, play } from './payer';
import { outcomeOf, typesOf } from './runs';

/**
 * Runs that wait for approval, kept by their session and taken by whoever goes on with them, through the SDK's Runner. Each
 * session object here stands for a process of its own: all that they share is what is stored.
 */

const CONFLICT = { error: 'SessionError', code: 'CONFLICT' };
const PENDING = 'user function_call';
const SETTLED = `${PENDING} function_call_result assistant`;
const NEWS: AgentInputItem = { role: 'user', content: 'By the way' };

/** The text alone, which is restored and decided elsewhere. */
function textOnly(text: string): RestoredRunState & { readonly text: string } {
  return { text, getInterruptions: () => [], approve: () => undefined, reject: () => undefined };
}

afterEach(() => jest.restoreAllMocks());

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  function conversation(options: SessionOptions = {}) {
    const sessionId = globalThis.crypto.randomUUID();
    const open = (): StoredSession => backend().session({ sessionId, ...options });
    return { open, stored: async () => typesOf(await open().getItems()) };
  }

  test.each(Object.entries(APPROVALS))('%s, each round by another taker', async (_what, approval) => {
    const { open } = conversation();
    const first = open();
    const results = [await playRound(first, approval, 0)];
    await first.savePendingRun(results[0]?.state ?? '');
    for (let round = 1; round < approval.rounds.length; round++) {
      const pending = await open().pendingRuns();
      expect(pending.map(({ status }) => status)).toEqual(['waiting']);
      const taken = await open().takePendingRun(pending[0]?.id ?? '', { restore: textOnly });
      if (taken === undefined) throw new Error('it was not taken');
      const result = await playRound(taken.session, approval, round, taken.state.text);
      if (result.state === undefined) await taken.finish();
      else await taken.session.savePendingRun(result.state);
    }
    expect(await open().pendingRuns()).toEqual([]);
    expect(await open().getItems()).toEqual((await playOnMemorySession(approval)).items);
  });

  describe.each([false, true])('streamed: %p', (streamed) => {
    async function waiting(options: SessionOptions = {}) {
      const { open, stored } = conversation(options);
      const { agent, payments } = payer();
      const session = open();
      const id = await session.savePendingRun(await play(agent, 'Pay', session, streamed));
      expect(await stored()).toBe(PENDING);
      const restore = (text: string) => RunState.fromString(agent, text);
      const take = (leaseSeconds?: number) => open().takePendingRun(id, { restore, leaseSeconds });
      return { agent, id, open, payments, stored, take };
    }

    test('two approvers at once: one of them has it', async () => {
      const { agent, open, payments, stored, take } = await waiting();
      const takers = await Promise.all([take(), take()]);
      const [taken, ...others] = takers.filter((taker) => taker !== undefined);
      if (taken === undefined) throw new Error('nobody took it');
      expect(others).toEqual([]);
      await play(agent, approve(taken.state), taken.session, streamed);
      await taken.finish();
      expect(await stored()).toBe(SETTLED);
      expect(payments).toEqual(['a']);
      expect(await open().pendingRuns()).toEqual([]);
      expect(await take()).toBeUndefined();
    });

    test.each(['append', 'reject'] as const)(
      'a taker that outlives its lease stores no second result: concurrentWrites: %s',
      async (concurrentWrites) => {
        const { agent, stored, take } = await waiting({ concurrentWrites });
        const slow = await take(1);
        const { now } = Date;
        jest.spyOn(Date, 'now').mockImplementation(() => now() + 1_000);
        const fast = await take();
        if (slow === undefined || fast === undefined) throw new Error('it was not taken');
        const resume = ({ state, session }: typeof slow): Promise<unknown> =>
          outcomeOf(async () => {
            await play(agent, approve(state), session, streamed);
            return 'stored';
          });
        const outcomes = await Promise.all([resume(slow), resume(fast)]);
        expect(outcomes).toContainEqual('stored');
        expect(outcomes).toContainEqual(CONFLICT);
        expect(await stored()).toBe(SETTLED);
      },
    );

    test('a history that has changed: CONFLICT before the tool runs', async () => {
      const { open, payments, take } = await waiting();
      await open().addItems([NEWS]);
      expect(await outcomeOf(take)).toEqual(CONFLICT);
      expect(payments).toEqual([]);
      expect((await open().pendingRuns()).map(({ status }) => status)).toEqual(['outdated']);
    });

    test('a history that changes after it was taken: CONFLICT instead of a result', async () => {
      const { agent, open, stored, take } = await waiting();
      const taken = await take();
      if (taken === undefined) throw new Error('it was not taken');
      await open().addItems([NEWS]);
      expect(await outcomeOf(() => play(agent, approve(taken.state), taken.session, streamed))).toEqual(
        CONFLICT,
      );
      expect(await stored()).toBe(`${PENDING} user`);
    });

    test('a decision that was kept is in the state of who takes it', async () => {
      const { agent, id, open, payments, stored, take } = await waiting();
      await open().decidePendingRun(id, [{ callId: 'c1', approve: false, message: 'Not today.' }]);
      const taken = await take();
      if (taken === undefined) throw new Error('it was not taken');
      await play(agent, taken.state, taken.session, streamed);
      await taken.finish();
      expect(payments).toEqual([]);
      expect(await stored()).toBe(SETTLED);
      expect(JSON.stringify(await open().getItems())).toContain('Not today.');
    });

    test('a state of a later SDK is not taken', async () => {
      const { agent, open } = await waiting();
      const session = open();
      const state = await play(payer().agent, 'Pay', session, streamed);
      const text = state.toString().replace(/("\$schemaVersion":)"[\d.]+"/, '$1"1.99"');
      const later = await session.savePendingRun(text);
      const restore = (saved: string) => RunState.fromString(agent, saved);
      expect(await outcomeOf(() => open().takePendingRun(later, { restore }))).toEqual({
        error: 'SessionError',
        code: 'UNSUPPORTED_FORMAT',
      });
      expect((await open().pendingRuns()).map(({ status }) => status)).toEqual(['outdated', 'waiting']);
    });
  });

  test('in a scope, by the context that the state carries', async () => {
    const scope = ({ context }: RunContext): string => (context as { tenant: string }).tenant;
    const { open } = conversation({ scope });
    const { agent } = payer();
    const [mine, theirs] = ['acme', 'other'].map((tenant) => new RunContext({ tenant }));
    const session = open();
    const id = await session.savePendingRun(await play(agent, 'Pay', session, false, mine));
    const restore = (text: string) => RunState.fromString(agent, text);
    expect(await open().pendingRuns(theirs)).toEqual([]);
    expect(await open().takePendingRun(id, { restore }, theirs)).toBeUndefined();
    const taken = await open().takePendingRun(id, { restore }, mine);
    if (taken === undefined) throw new Error('it was not taken');
    await play(agent, approve(taken.state), taken.session, false);
    await taken.finish();
    expect(typesOf(await open().getItems(undefined, mine))).toBe(SETTLED);
  });
});

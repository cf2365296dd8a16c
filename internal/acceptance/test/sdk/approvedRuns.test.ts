import { RunContext, RunState, type AgentInputItem, type Session } from '@openai/agents';
import type { StoredSession } from '@agent-sessions/session-core';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { approve, payer, play, type State } from './payer';
import { sdkVersion } from './process';
import { outcomeOf, typesOf } from './runs';

/**
 * `concurrentWrites: 'reject'` and a run that waits for an approval, while others write. The Runner reads right before it
 * writes a result, so that what it read last tells nothing: what counts is what the run read at its beginning.
 */

const CONFLICT = { error: 'SessionError', code: 'CONFLICT' };
const PENDING = 'user function_call';
const SETTLED = `${PENDING} function_call_result assistant`;
const NEW_CHAT: AgentInputItem = { role: 'user', content: 'a new chat' };

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  function conversation() {
    const sessionId = globalThis.crypto.randomUUID();
    const open = (): StoredSession => backend().session({ sessionId, concurrentWrites: 'reject' });
    return { open, stored: async () => typesOf(await open().getItems()) };
  }

  describe.each([false, true])('streamed: %p', (streamed) => {
    async function waiting() {
      const { open, stored } = conversation();
      const { agent, payments } = payer();
      const session = open();
      const state = await play(agent, 'Pay', session, streamed);
      expect(await stored()).toBe(PENDING);
      const resume = (input: State, on: Session = session): Promise<unknown> =>
        outcomeOf(async () => (await play(agent, approve(input), on, streamed)).getInterruptions().length);
      return { agent, open, payments, resume, session, state, stored };
    }

    test('undisturbed, it goes on', async () => {
      const { resume, state, stored } = await waiting();
      expect(await resume(state)).toBe(0);
      expect(await stored()).toBe(SETTLED);
    });

    test('another object cleared the session and began a new chat', async () => {
      const { open, resume, state } = await waiting();
      await open().clearSession();
      await open().addItems([NEW_CHAT]);
      expect(await resume(state)).toEqual(CONFLICT);
      expect(await open().getItems()).toEqual([NEW_CHAT]);
    });

    test('the same object began a new chat, outside the run', async () => {
      const { open, resume, session, state } = await waiting();
      await session.clearSession();
      await session.addItems([NEW_CHAT]);
      expect(await resume(state)).toEqual(CONFLICT);
      expect(await open().getItems()).toEqual([NEW_CHAT]);
    });

    test('another server approved the same state', async () => {
      const { agent, open, resume, session, state, stored } = await waiting();
      expect(await resume(await RunState.fromString(agent, state.toString()), open())).toBe(0);
      expect(await resume(state, session)).toEqual(CONFLICT);
      expect(await stored()).toBe(SETTLED);
    });

    test('the same object approved it already', async () => {
      const { agent, resume, session, state, stored } = await waiting();
      expect(await resume(await RunState.fromString(agent, state.toString()), session)).toBe(0);
      expect(await resume(state, session)).toEqual(CONFLICT);
      expect(await stored()).toBe(SETTLED);
    });

    test('a run that lost goes on losing, however often it is tried', async () => {
      const { open, resume, state } = await waiting();
      await open().addItems([NEW_CHAT]);
      expect(await resume(state)).toEqual(CONFLICT);
      expect(await resume(state)).toHaveProperty('error');
      expect(typesOf(await open().getItems())).toBe(`${PENDING} user`);
    });
  });

  describe('runs one after the other', () => {
    test('on one object do not conflict with what each read at its beginning', async () => {
      const { open, stored } = conversation();
      const session = open();
      const { agent } = payer();
      for (const streamed of [false, true]) {
        await open().addItems([NEW_CHAT]);
        const state = await play(agent, 'Pay', session, streamed);
        if (state.getInterruptions().length > 0) await play(agent, approve(state), session, streamed);
      }
      expect(await stored()).toBe(`user ${SETTLED} user user assistant`);
    });

    test('on one object, and calls beside them: what the object wrote, it has seen', async () => {
      const { open, stored } = conversation();
      const session = open();
      const { agent } = payer();
      await session.getItems();
      await play(agent, approve(await play(agent, 'Pay', session, false)), session, false);
      await session.addItems([NEW_CHAT]);
      await open().addItems([NEW_CHAT]);
      expect(await outcomeOf(() => session.addItems([NEW_CHAT]))).toEqual(CONFLICT);
      expect(await stored()).toBe(`${SETTLED} user user`);
    });

    const tellsBeginnings = sdkVersion !== '0.15.0';
    test(`that share a RunContext ${tellsBeginnings ? 'are told apart' : 'count as one run'}`, async () => {
      const { open, stored } = conversation();
      const session = open();
      const { agent } = payer();
      const context = new RunContext();
      await play(agent, approve(await play(agent, 'Pay', session, false, context)), session, false);
      await play(agent, 'Again', session, false, context);
      await open().addItems([NEW_CHAT]);
      const outcome = await outcomeOf(async () => {
        await play(agent, 'And again', session, false, context);
        return 'stored';
      });
      expect(outcome).toEqual(tellsBeginnings ? 'stored' : CONFLICT);
      const before = `${SETTLED} user assistant user`;
      expect(await stored()).toBe(tellsBeginnings ? `${before} user assistant` : before);
    });
  });

  test('two runs at once on one object: the slower one gets CONFLICT', async () => {
    const { open, stored } = conversation();
    const session = open();
    const [slower, faster] = [payer(), payer()];
    const state = await play(slower.agent, 'Pay', session, false);
    const other = await play(faster.agent, 'Pay', session, false);
    expect(await outcomeOf(() => play(slower.agent, approve(state), session, false))).toEqual(CONFLICT);
    await play(faster.agent, approve(other), session, false);
    expect(await stored()).toBe(`${PENDING} ${SETTLED}`);
  });
});

import { Agent, isRunContextAwareSession, RunContext, RunState, tool, type Session } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { compactSession, type StoredSession } from '@agent-sessions/session-core';
import { z } from 'zod';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { guardedAgent } from './guardrails';
import { inputsOf, outcomeOf, runner, typesOf } from './runs';

/** With the option `scope`, what the Runner passes as its context decides whose conversation a session id names. */

interface Tenant {
  readonly tenant: unknown;
}

const scope = ({ context }: RunContext<Tenant>): string => context.tenant as string;

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  function open(sessionId: string): StoredSession {
    return backend().session({ sessionId, scope });
  }

  function newId(): string {
    return globalThis.crypto.randomUUID();
  }

  async function turn(session: Session, tenant: unknown, input: string, streamed = false): Promise<unknown> {
    const model = new ScriptedModel([[assistantMessage(`For ${String(tenant)}`)]]);
    const agent = new Agent<Tenant>({ name: 'Agent', model });
    const context: Tenant = { tenant };
    if (streamed) {
      const stream = await runner.run(agent, input, { session, context, stream: true });
      await stream.completed;
    } else {
      await runner.run(agent, input, { session, context });
    }
    return inputsOf(model)[0];
  }

  test('the SDK passes its run context', () => {
    expect(isRunContextAwareSession(open('a'))).toBe(true);
  });

  test.each([false, true])(
    'two tenants with the same session id never meet (streamed: %p)',
    async (streamed) => {
      const session = open(newId());
      await turn(session, 'acme', 'secret of acme', streamed);
      const seen = JSON.stringify(await turn(session, 'umbrella', 'secret of umbrella', streamed));
      expect(seen).not.toContain('acme');
      const again = JSON.stringify(await turn(session, 'acme', 'and now?', streamed));
      expect(again).toContain('secret of acme');
      expect(again).not.toContain('umbrella');
      const itemsOf = (tenant: string) => session.getItems(undefined, new RunContext({ tenant }));
      expect(typesOf(await itemsOf('acme'))).toBe('user assistant user assistant');
      expect(typesOf(await itemsOf('umbrella'))).toBe('user assistant');
      expect(await itemsOf('nobody')).toEqual([]);
    },
  );

  test('runs of two tenants at once, on one session object, never meet', async () => {
    const session = open(newId());
    const tenants = ['a', 'a/b', 'a%2Fb', '~a', 'a ', 'ä'];
    await Promise.all(tenants.map((tenant) => turn(session, tenant, `of <${tenant}>`)));
    for (const tenant of tenants) {
      const [first, ...others] = await session.getItems(undefined, new RunContext({ tenant }));
      expect(first).toMatchObject({ content: `of <${tenant}>` });
      expect(others).toHaveLength(1);
    }
  });

  test('a scope is not a session id: neither reaches what belongs to the other', async () => {
    const id = newId();
    await turn(open(id), 'acme', 'secret of acme');
    for (const sessionId of [`~acme/${id}`, `acme/${id}`, `~~acme/${id}`, id]) {
      expect(await backend().session({ sessionId }).getItems()).toEqual([]);
      await backend().session({ sessionId }).clearSession();
    }
    expect(await open(id).getItems(undefined, new RunContext({ tenant: 'acme' }))).toHaveLength(2);
  });

  test('getSessionId is the plain id', async () => {
    expect(await open('my-chat').getSessionId()).toBe('my-chat');
  });

  test('a call without a run context is an error, whatever the method', async () => {
    const session = open(newId());
    await turn(session, 'acme', 'Hello');
    const items = [{ role: 'user' as const, content: 'x' }];
    const calls: Record<string, () => Promise<unknown>> = {
      getItems: () => session.getItems(),
      addItems: () => session.addItems(items),
      popItem: () => session.popItem(),
      clearSession: () => session.clearSession(),
      applyHistoryTransaction: () =>
        session.applyHistoryTransaction({
          operationId: 'o',
          transaction: { type: 'append_items', items },
        }),
      applyHistoryMutations: () =>
        session.applyHistoryMutations({
          mutations: [
            {
              type: 'replace_function_call',
              callId: 'c',
              replacement: { type: 'function_call', callId: 'c', name: 'n', arguments: '' },
            },
          ],
        }),
      replaceHistoryWithCompaction: () => session.replaceHistoryWithCompaction(items),
      compactSession: () => compactSession(session, () => items),
    };
    for (const [method, call] of Object.entries(calls)) {
      expect([method, await outcomeOf(call)]).toEqual([
        method,
        { error: 'SessionError', code: 'MISSING_SCOPE' },
      ]);
    }
    expect(await session.getItems(undefined, new RunContext({ tenant: 'acme' }))).toHaveLength(2);
  });

  test.each<[string, unknown]>([
    ['empty', ''],
    ['missing', undefined],
    ['a number', 7],
    ['null', null],
    ['a lone surrogate', 'a\ud800'],
  ])('a scope that is %s is an error, and nothing is stored', async (_what, tenant) => {
    const sessionId = newId();
    expect(await outcomeOf(() => turn(open(sessionId), tenant, 'Hello'))).toEqual({
      error: 'SessionError',
      code: 'MISSING_SCOPE',
    });
    expect(await backend().session({ sessionId }).getItems()).toEqual([]);
    for (const other of ['undefined', 'null', '7', '~']) {
      expect(await open(sessionId).getItems(undefined, new RunContext({ tenant: other }))).toEqual([]);
    }
  });

  test('transactions, approvals and compaction stay in the scope', async () => {
    const id = newId();
    const acme = { tenant: 'acme' };
    await turn(open(id), 'umbrella', 'Hello');
    const blocked = guardedAgent('the model, after a tool');
    await outcomeOf(() => runner.run(blocked.agent, 'Pay', { session: open(id), context: acme }));
    const stored = async (tenant: string) =>
      typesOf(await open(id).getItems(undefined, new RunContext({ tenant })));
    expect(await stored('acme')).toBe('user function_call function_call_result');

    const pay = tool({
      name: 'pay',
      description: 'Pays',
      parameters: z.object({}),
      needsApproval: true,
      execute: () => 'paid',
    });
    const agentWith = (model: ScriptedModel) => new Agent<Tenant>({ name: 'Agent', model, tools: [pay] });
    const asking = agentWith(new ScriptedModel([[functionCall('pay', {}, { callId: 'p' })]]));
    const waiting = await runner.run(asking, 'Pay more', { session: open(id), context: acme });
    const answering = agentWith(new ScriptedModel([[assistantMessage('Done.')]]));
    const state = await RunState.fromString(answering, waiting.state.toString());
    for (const item of state.getInterruptions()) state.approve(item);
    await runner.run(answering, state, { session: open(id) });
    const paid = 'user function_call function_call_result';
    expect(await stored('acme')).toBe(`${paid} ${paid} assistant`);

    const session = open(id);
    await compactSession(session, () => [{ role: 'system', content: 'Paid.' }], new RunContext(acme));
    expect(await stored('acme')).toBe('system');
    expect(await stored('umbrella')).toBe('user assistant');
  });
});

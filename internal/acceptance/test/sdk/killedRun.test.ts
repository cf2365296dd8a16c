import { Agent, type AgentInputItem, type Session } from '@openai/agents';
import { assistantMessage, ScriptedModel } from '@openai/agents/testing';
import { DURABLE, newPlace } from '../../src/backends';
import { useBackend } from '../support';
import { APPROVALS, playRound, type Approval } from './approvals';
import type { Killed } from './killedRun';
import type { Loss } from './losses';
import { runProcess } from './process';
import { inputsOf, runner, typesOf } from './runs';

/**
 * A process ends on the spot when its first write has been carried out and before it hears of it, and another process goes
 * on. (Had it ended before the write, nothing would have been sent.)
 */

const APPROVAL = APPROVALS['one call, approved'] as Approval;
const PAID = 'user function_call function_call_result';

describe.each(DURABLE)('on %s', (name) => {
  const place = newPlace();
  const backend = useBackend(name, place);

  async function killed(session: Session, what: Killed, loss: Loss, input?: unknown): Promise<void> {
    const args = [name, place, await session.getSessionId(), what, loss];
    const { signal, stderr } = await runProcess('killedRun.ts', args, input);
    expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: expect.any(String) as string });
  }

  async function typesIn(session: Session): Promise<string> {
    return typesOf(await session.getItems());
  }

  /** A run that begins from what is stored. Returns what the model is given. */
  async function startNewRun(session: Session): Promise<unknown> {
    const model = new ScriptedModel([[assistantMessage('As you can see.')]]);
    await runner.run(new Agent({ name: 'Agent', model }), 'And now?', { session });
    return inputsOf(model)[0];
  }

  test('a run whose output is blocked: what its tool did is stored, and a new run begins from there', async () => {
    const session = backend().session();
    await killed(session, 'a blocked run', 'the answer');
    const left = await session.getItems();
    expect(typesOf(left)).toBe(PAID);
    const question = { type: 'message', role: 'user', content: 'And now?' };
    expect(await startNewRun(session)).toEqual([...left, question]);
    expect(await typesIn(session)).toBe(`${PAID} user assistant`);
  }, 30_000);

  test('a run that went on after approval: what its tool did is stored', async () => {
    const session = backend().session();
    const { state } = await playRound(session, APPROVAL, 0);
    await killed(session, 'an approved run', 'the answer', state);
    expect(await typesIn(session)).toBe(PAID);

    // An application that looks at the history starts a new run. One that does not, and resumes the old state again, makes
    // the SDK run the tool and store its result once more; the model sees one of them.
    await playRound(session, APPROVAL, 1, state);
    expect(await typesIn(session)).toBe(`${PAID} function_call_result assistant`);
    expect(typesOf((await startNewRun(session)) as AgentInputItem[])).toBe(`${PAID} assistant user`);
  }, 30_000);

  test('the SDK’s compaction between its two writes: the history is lost, since it clears before it writes', async () => {
    const session = backend().session();
    await session.addItems([{ role: 'user', content: 'Hello' }]);
    await killed(session, 'the SDK’s compaction', 'the request');
    expect(await session.getItems()).toEqual([]);
  }, 30_000);
});

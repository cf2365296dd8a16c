import { Agent, type Session } from '@openai/agents';
import { assistantMessage, ScriptedModel } from '@openai/agents/testing';
import { DURABLE, newPlace } from '../../src/backends';
import { useBackend } from '../support';
import { APPROVALS, playRound, type Approval } from './approvals';
import type { Killed } from './killedRun';
import type { Loss } from './losses';
import { runProcess } from './process';
import { inputsOf, runner, typesOf } from './runs';

/** A process ends on the spot in the middle of its first write, and another process goes on. */

const APPROVAL = APPROVALS['one call, approved'] as Approval;
const CALLED = 'user function_call';
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

  test.each<[Loss, string]>([
    ['the request', ''],
    ['the answer', PAID],
  ])(
    'a run whose output is blocked, killed before %s of its transaction arrives',
    async (loss, stored) => {
      const session = backend().session();
      await killed(session, 'a blocked run', loss);
      const left = await session.getItems();
      expect(typesOf(left)).toBe(stored);

      expect(await startNewRun(session)).toEqual([
        ...left,
        { type: 'message', role: 'user', content: 'And now?' },
      ]);
      expect(await typesIn(session)).toBe(`${stored} user assistant`.trim());
    },
    30_000,
  );

  test('a run that goes on after approval, killed before its write arrives, is resumed as if nothing had been', async () => {
    const session = backend().session();
    const { state } = await playRound(session, APPROVAL, 0);
    await killed(session, 'an approved run', 'the request', state);
    expect(await typesIn(session)).toBe(CALLED);
    const { output } = await playRound(session, APPROVAL, 1, state);
    expect(output).toBe('Done.');
    expect(await typesIn(session)).toBe(`${PAID} assistant`);
  }, 30_000);

  test('a run that goes on after approval, killed before the answer to its write arrives, has its result stored', async () => {
    const [session, another] = [backend().session(), backend().session()];
    for (const each of [session, another]) {
      const { state } = await playRound(each, APPROVAL, 0);
      await killed(each, 'an approved run', 'the answer', state);
      expect(await typesIn(each)).toBe(PAID);
      if (each === session) {
        await startNewRun(each);
        expect(await typesIn(each)).toBe(`${PAID} user assistant`);
      } else {
        // The state knows nothing of the write: the SDK runs the tool and stores its result again. The model sees one.
        await playRound(each, APPROVAL, 1, state);
        expect(await typesIn(each)).toBe(`${PAID} function_call_result assistant`);
        expect(typesOf((await startNewRun(each)) as never)).toBe(
          'user function_call function_call_result assistant user',
        );
      }
    }
  }, 30_000);

  test('the compaction of the SDK, killed between its two writes, loses the history: it clears before it writes', async () => {
    const session = backend().session();
    await session.addItems([{ role: 'user', content: 'Hello' }]);
    await killed(session, 'the SDK’s compaction', 'the request');
    expect(await session.getItems()).toEqual([]);
  }, 30_000);
});

import { Agent, type Session } from '@openai/agents';
import {
  assistantMessage,
  modelResponder,
  modelStreamResponder,
  ScriptedModel,
} from '@openai/agents/testing';
import { ALL } from '../../src/backends';
import { useBackend } from '../support';
import { outcomeOf, RUNS, typesOf } from './runs';

/** `concurrentWrites: 'reject'` with two runs of the SDK's Runner, each on a session object of its own. */

const CONFLICT = { error: 'SessionError', code: 'CONFLICT' };

type Mode = keyof typeof RUNS;

interface SlowRun {
  /** Settles when the model is asked, hence after the history was read. */
  readonly asked: Promise<void>;
  /** Lets the model answer, and waits for the run. */
  finish(): Promise<unknown>;
}

function startSlowRun(session: Session, mode: Mode): SlowRun {
  let tellAsked = (): void => undefined;
  let letAnswer = (): void => undefined;
  const asked = new Promise<void>((resolve) => (tellAsked = resolve));
  const mayAnswer = new Promise<void>((resolve) => (letAnswer = resolve));
  const answer = assistantMessage('slow');
  const step =
    mode === 'whole'
      ? modelResponder(async () => {
          tellAsked();
          await mayAnswer;
          return [answer];
        })
      : modelStreamResponder(async function* () {
          yield { type: 'response_started' } as const;
          tellAsked();
          await mayAnswer;
          const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
          yield { type: 'response_done', response: { id: 'r', usage, output: [answer] } } as const;
        });
  const agent = new Agent({ name: 'Slow', model: new ScriptedModel([step]) });
  const run = outcomeOf(async () => {
    const { finalOutput } = await RUNS[mode](agent, 'slow?', { session });
    return finalOutput;
  });
  return {
    asked,
    finish: () => {
      letAnswer();
      return run;
    },
  };
}

async function runFast(session: Session): Promise<void> {
  const agent = new Agent({ name: 'Fast', model: new ScriptedModel([[assistantMessage('fast')]]) });
  await RUNS.whole(agent, 'fast?', { session });
}

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  async function objects(concurrentWrites: 'append' | 'reject') {
    const sessionId = globalThis.crypto.randomUUID();
    const open = () => backend().session({ sessionId, concurrentWrites });
    await open().addItems([{ role: 'system', content: 'before' }]);
    return {
      slow: open(),
      fast: open(),
      contents: async () => typesOf(await open().getItems()),
      answers: async () => {
        const text = JSON.stringify(await open().getItems());
        return [...text.matchAll(/"text":"(\w+)"/g)].map(([, answer]) => answer);
      },
    };
  }

  describe.each<Mode>(['whole', 'streamed'])('%s', (mode) => {
    test('rejecting: the slower of two runs gets CONFLICT and adds nothing after it', async () => {
      const { slow, fast, contents, answers } = await objects('reject');
      const run = startSlowRun(slow, mode);
      await run.asked;
      await runFast(fast);
      expect(await run.finish()).toEqual(CONFLICT);
      expect(await contents()).toBe('system user assistant');
      expect(await answers()).toEqual(['fast']);
    });

    test('rejecting: a run that outlived clearSession cannot add to what began after it', async () => {
      const { slow, fast, contents } = await objects('reject');
      const run = startSlowRun(slow, mode);
      await run.asked;
      await fast.clearSession();
      expect(await run.finish()).toEqual(CONFLICT);
      expect(await contents()).toBe('');

      const another = startSlowRun(slow, mode);
      await another.asked;
      await fast.clearSession();
      await runFast(fast);
      expect(await another.finish()).toEqual(CONFLICT);
      expect(await contents()).toBe('user assistant');
    });

    test('rejecting: after a conflict the same session object runs again', async () => {
      const { slow, fast, contents } = await objects('reject');
      const run = startSlowRun(slow, mode);
      await run.asked;
      await runFast(fast);
      await run.finish();
      await runFast(slow);
      expect(await contents()).toBe('system user assistant user assistant');
    });

    test('appending: both runs are stored, the slower one last', async () => {
      const { slow, fast, contents, answers } = await objects('append');
      const run = startSlowRun(slow, mode);
      await run.asked;
      await runFast(fast);
      expect(await run.finish()).toBe('slow');
      expect(await contents()).toBe('system user assistant user assistant');
      expect(await answers()).toEqual(['fast', 'slow']);
    });
  });
});

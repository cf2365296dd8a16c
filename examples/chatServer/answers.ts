import type { StoredSession } from '@agent-sessions/session-redis';
import { RunContext, RunState, type Agent, type Runner } from '@openai/agents';
import type { ChatContext } from './agent';
import { ChatError } from './chatError';
import { chatEvent } from './chatEvents';
import { report } from './report';
import { RunsUnderWay, type RunUnderWay } from './runsUnderWay';

type ChatAgent = Agent<ChatContext>;
type ChatRunState = RunState<ChatContext, ChatAgent>;

/** Longer than the tools and the model take; after that, a run that a dead server had taken can be taken again. */
const LEASE_SECONDS = 60;

/** Has the agent answer, in the background, one run at a time for each conversation. */
export class Answers {
  readonly #runner: Runner;
  readonly #agent: ChatAgent;
  readonly #runs = new RunsUnderWay();

  constructor(runner: Runner, agent: ChatAgent) {
    this.#runner = runner;
    this.#agent = agent;
  }

  find(user: string, chatId: string): RunUnderWay | undefined {
    return this.#runs.find(user, chatId);
  }

  async stopAll(user: string): Promise<void> {
    await this.#runs.stopAll(user);
  }

  /** Answers the history as `prepare` leaves it. Resolves once the answer is under way. */
  async begin(
    user: string,
    chatId: string,
    session: StoredSession,
    prepare?: () => Promise<void>,
  ): Promise<void> {
    await this.#start(user, chatId, session, async () => {
      await prepare?.();
      return async (run) => {
        await this.#stream(run, session, [], user);
      };
    });
  }

  /** Goes on with a pending run whose calls are all decided. */
  async resume(user: string, chatId: string, session: StoredSession, runId: string): Promise<void> {
    await this.#start(user, chatId, session, async () => {
      const taken = await session.takePendingRun(
        runId,
        {
          restore: (text) => RunState.fromString<ChatContext, ChatAgent>(this.#agent, text),
          leaseSeconds: LEASE_SECONDS,
        },
        new RunContext({ user }),
      );
      if (!taken) throw new ChatError(409, 'Somebody else goes on with this already.');
      return async (run) => {
        try {
          const isWaiting = await this.#stream(run, taken.session, taken.state, user);
          if (!isWaiting) await taken.finish();
        } catch (error) {
          await taken.release();
          throw error;
        }
      };
    });
  }

  /** What `prepare` throws is the caller's to know; what its work throws is told to those who follow the run. */
  async #start(
    user: string,
    chatId: string,
    session: StoredSession,
    prepare: () => Promise<(run: RunUnderWay) => Promise<void>>,
  ): Promise<void> {
    const run = this.#runs.begin(user, chatId);
    if (!run) throw new ChatError(409, 'An answer is under way.');
    try {
      const work = await prepare();
      run.itemsBefore = (await session.describe(new RunContext({ user }))).items;
      void this.#carryOut(user, chatId, run, work);
    } catch (error) {
      this.#runs.end(user, chatId);
      throw error;
    }
  }

  async #carryOut(
    user: string,
    chatId: string,
    run: RunUnderWay,
    work: (run: RunUnderWay) => Promise<void>,
  ): Promise<void> {
    let failed = false;
    try {
      await work(run);
    } catch (error) {
      failed = true;
      if (!run.signal.aborted) report('An answer failed', error);
    }
    run.emit({ type: 'ended', failed });
    this.#runs.end(user, chatId);
  }

  /** Returns whether the run waits for approval; it is saved then. */
  async #stream(
    run: RunUnderWay,
    session: StoredSession,
    input: [] | ChatRunState,
    user: string,
  ): Promise<boolean> {
    const { signal } = run;
    // A state has the context of its run.
    const context = input instanceof RunState ? {} : { context: { user } };
    const result = await this.#runner.run(this.#agent, input, { session, signal, stream: true, ...context });
    for await (const event of result) {
      const told = chatEvent(event);
      if (told) run.emit(told);
    }
    await result.completed;
    signal.throwIfAborted();
    if (result.interruptions.length === 0) return false;
    await session.savePendingRun(result.state);
    return true;
  }
}

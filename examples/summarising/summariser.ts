import { compactSession, type StoredSession } from '@agent-sessions/session-redis';
import type { Agent, AgentInputItem, Runner } from '@openai/agents';

/** From so many items on; a summary and the newest turns are well below. */
const SUMMARISE_AFTER_ITEMS = 10;
const KEPT_TURNS = 2;

/** Puts a summary in the place of what is old, in the background: no user waits for it, and no user's turn is lost by it. */
export class Summariser {
  readonly #open: (sessionId: string) => StoredSession;
  readonly #runner: Runner;
  readonly #agent: Agent;
  readonly #underWay = new Map<string, Promise<void>>();

  /**
   * @param open - makes a session object: a summary needs one of its own, since the calls of one object wait for each other.
   * @param agent - is given the items, and answers with their summary.
   */
  constructor(open: (sessionId: string) => StoredSession, runner: Runner, agent: Agent) {
    this.#open = open;
    this.#runner = runner;
    this.#agent = agent;
  }

  /** Call it after each turn, and do not wait. What fails is told, and made up for after a later turn. */
  afterTurn(sessionId: string, onError: (error: unknown) => void): void {
    if (this.#underWay.has(sessionId)) return;
    const work = this.#summarise(this.#open(sessionId))
      .catch(onError)
      .finally(() => this.#underWay.delete(sessionId));
    this.#underWay.set(sessionId, work);
  }

  /** Before the process ends. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  async #summarise(session: StoredSession): Promise<void> {
    if ((await session.describe()).items < SUMMARISE_AFTER_ITEMS) return;
    const { status } = await compactSession(session, async (items) => {
      const end = startOfTurns(items, KEPT_TURNS);
      if (end <= 1) return undefined;
      const { finalOutput = '' } = await this.#runner.run(this.#agent, items.slice(0, end));
      console.log(`${items.length} items, of which ${end} became one summary.`);
      return [{ role: 'system', content: `Summary of earlier turns: ${finalOutput}` }, ...items.slice(end)];
    });
    // Somebody has taken items off meanwhile: the history is as they left it.
    if (status === 'conflict') console.log('The history has changed; the summary is dropped.');
  }
}

/** The index of the user's message that begins the last `turns` turns: no call is parted from its result there. */
function startOfTurns(items: readonly AgentInputItem[], turns: number): number {
  const starts = items.flatMap((item, index) => ('role' in item && item.role === 'user' ? [index] : []));
  return starts.at(-turns) ?? 0;
}

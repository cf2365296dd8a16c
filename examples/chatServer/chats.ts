import { randomUUID } from 'node:crypto';
import type { ApprovalDecision, EraseReport, PendingRun, StoredSession } from '@agent-sessions/session-redis';
import { RunContext } from '@openai/agents';
import type { ChatContext } from './agent';
import type { Answers } from './answers';
import { ChatError, notFound } from './chatError';
import { entriesOf, type Entry } from './conversation';
import type { ChatSessions } from './sessions';

export interface ChatPage {
  readonly chats: readonly ListedChat[];
  readonly cursor?: string | undefined;
}

interface ListedChat {
  readonly id: string;
  readonly title: string;
  readonly updatedAt: Date | undefined;
  readonly isFork: boolean;
  readonly state: 'answering' | 'waiting' | 'idle';
}

export interface Chat {
  readonly title: string;
  readonly entries: readonly Entry[];
  readonly pendingRuns: readonly PendingRun[];
  /** An answer is under way: what comes after `entries` is in its events. */
  readonly isAnswering: boolean;
}

const LONGEST_TITLE = 60;
const PAGE_SIZE = 12;

/** The conversations of users. Whose, is the first argument of every method; the session's scope keeps them apart. */
export class Chats {
  readonly #sessions: ChatSessions;
  readonly #answers: Answers;

  constructor(sessions: ChatSessions, answers: Answers) {
    this.#sessions = sessions;
    this.#answers = answers;
  }

  /** Newest first. */
  async list(user: string, cursor: string | undefined): Promise<ChatPage> {
    const listed = await this.#sessions.index(user).list({ limit: PAGE_SIZE, ...(cursor && { cursor }) });
    const pending = await this.#sessions.session(randomUUID()).pendingRuns(contextOf(user));
    const waiting = new Set(pending.filter(isOpen).map(({ sessionId }) => sessionId));
    const chats = listed.sessions.map(({ sessionId, title, metadata, updatedAt }) => ({
      id: sessionId,
      title: title ?? 'Untitled',
      updatedAt,
      isFork: metadata?.forkOf !== undefined,
      state: this.#answers.find(user, sessionId)
        ? ('answering' as const)
        : waiting.has(sessionId)
          ? ('waiting' as const)
          : ('idle' as const),
    }));
    return { chats, cursor: listed.cursor };
  }

  async read(user: string, chatId: string): Promise<Chat> {
    const session = this.#sessions.session(chatId);
    const context = contextOf(user);
    const before = this.#answers.find(user, chatId);
    const items = await session.getItems(undefined, context);
    if (items.length === 0) throw notFound();
    const { title = 'Untitled' } = (await session.getDetails(context)) ?? {};
    const pendingRuns = await this.#openRuns(session, chatId, context);
    // One that ended meanwhile counts too: what it stored may be missing from the items.
    const answer = before ?? this.#answers.find(user, chatId);
    const entries = entriesOf(items.slice(0, answer?.itemsBefore));
    return { title, entries, pendingRuns, isAnswering: answer !== undefined };
  }

  /** Begins a conversation, and has the first message answered. Returns its id. */
  async begin(user: string, message: string): Promise<string> {
    const chatId = randomUUID();
    await this.#ask(user, chatId, message, { title: titleOf(message) });
    return chatId;
  }

  async ask(user: string, chatId: string, message: string): Promise<void> {
    await this.#assertIdle(user, chatId);
    await this.#ask(user, chatId, message);
  }

  /** Has the conversation answered as it is: where the server died before the answer was there. */
  async askAgain(user: string, chatId: string): Promise<void> {
    await this.#assertIdle(user, chatId);
    await this.#answers.begin(user, chatId, this.#sessions.session(chatId));
  }

  /**
   * Puts another message in the place of a user's and goes on from there, in a conversation of its own. Returns its id.
   *
   * @param index - of the message, among the items of the history.
   */
  async edit(user: string, chatId: string, index: number, message: string): Promise<string> {
    const session = this.#sessions.session(chatId);
    const context = contextOf(user);
    const edited = (await session.getItems(undefined, context))[index];
    if (!edited || !('role' in edited) || edited.role !== 'user') {
      throw new ChatError(404, 'There is no such message.');
    }
    const forkId = randomUUID();
    await session.fork({ sessionId: forkId, upTo: index }, context);
    const { title = 'Untitled' } = (await session.getDetails(context)) ?? {};
    const metadata = { forkOf: chatId };
    await this.#ask(user, forkId, message, { title: index === 0 ? titleOf(message) : title, metadata });
    return forkId;
  }

  /** Decides on calls of a pending run, and goes on with it once all of them are decided. */
  async decide(
    user: string,
    chatId: string,
    runId: string,
    decisions: readonly ApprovalDecision[],
  ): Promise<void> {
    const session = this.#sessions.session(chatId);
    const context = contextOf(user);
    const pending = (await session.pendingRuns(context)).find(({ id }) => id === runId);
    if (pending?.sessionId !== chatId) throw new ChatError(409, 'This is decided already.');
    const decided = await session.decidePendingRun(runId, decisions, context);
    if (!decided?.approvals.every(({ decision }) => decision)) return;
    await this.#answers.resume(user, chatId, session, runId);
  }

  /** Erases all conversations of a user. */
  async erase(user: string): Promise<EraseReport> {
    await this.#answers.stopAll(user);
    return this.#sessions.index(user).erase();
  }

  /**
   * The message is stored before the run that answers it begins: whatever happens to that, it is not lost. So the run's own
   * input is empty.
   */
  async #ask(user: string, chatId: string, message: string, details?: Details): Promise<void> {
    const session = this.#sessions.session(chatId);
    await this.#answers.begin(user, chatId, session, async () => {
      const context = contextOf(user);
      await session.addItems([{ role: 'user', content: message }], context);
      if (details) await session.setDetails(details, context);
    });
  }

  async #assertIdle(user: string, chatId: string): Promise<void> {
    const session = this.#sessions.session(chatId);
    const context = contextOf(user);
    if ((await session.describe(context)).items === 0) throw notFound();
    // A message would change the history that the run has seen, and so end the run.
    if ((await this.#openRuns(session, chatId, context)).length > 0) {
      throw new ChatError(409, 'Decide first on what waits for you.');
    }
  }

  /** The runs of a conversation that can be decided; deletes those that cannot be resumed any more. */
  async #openRuns(
    session: StoredSession,
    chatId: string,
    context: RunContext<ChatContext>,
  ): Promise<PendingRun[]> {
    const runs = (await session.pendingRuns(context)).filter(({ sessionId }) => sessionId === chatId);
    for (const { id, status } of runs) {
      if (status === 'outdated') await session.deletePendingRun(id, context);
    }
    return runs.filter(isOpen);
  }
}

interface Details {
  readonly title: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

function isOpen({ status }: PendingRun): boolean {
  return status !== 'outdated';
}

/** One for each request: what shares a context counts as one run. */
function contextOf(user: string): RunContext<ChatContext> {
  return new RunContext({ user });
}

function titleOf(message: string): string {
  const line = message.trim().replace(/\s+/g, ' ');
  return line.length <= LONGEST_TITLE
    ? line
    : `${Array.from(line)
        .slice(0, LONGEST_TITLE - 1)
        .join('')}…`;
}

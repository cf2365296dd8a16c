import type { RunContext } from '@openai/agents';
import type { SessionIndex } from '../session/sessionIndex';
import type { StoredSession } from '../session/storedSession';
import { SessionError } from '../store/errors';
import { copySession, type CopyReport } from './copySession';
import type { ReadableSession } from './sessionContent';

/** What became of one session. */
export type SessionCopy =
  | ({ readonly sessionId: string } & CopyReport)
  /** It was not copied, or not to the end: see `error`. */
  | { readonly sessionId: string; readonly error: SessionError };

export interface CopySessionsOptions {
  /** Opens a session to copy. */
  readonly from: (sessionId: string) => ReadableSession;
  /** Opens the session that it is copied to. */
  readonly to: (sessionId: string) => StoredSession;
  /** Of sessions with the option `scope`, on both sides. */
  readonly runContext?: RunContext | undefined;
  /** Called after each session. What it throws ends the copy. */
  readonly onProgress?: ((copy: SessionCopy) => void) | undefined;
  /** Ends the copy after the session that is under way: `ABORTED`. Call it again to go on. */
  readonly signal?: AbortSignal | undefined;
}

/** What a copy of many sessions has done. */
export interface CopySessionsReport {
  /** How many were copied to the end, those that held nothing too. */
  readonly sessions: number;
  /** How many items they have. */
  readonly items: number;
  /** Those that failed, and those whose source was written to meanwhile: call it again for them. */
  readonly incomplete: readonly SessionCopy[];
}

/**
 * Copies one session after the other: see `copySession`. One that fails does not end it. Called again, it finds what is copied
 * already, and goes on with the rest.
 *
 * @param sessionIds - as `sessionIdsOf` gives them of an index, or from a list of your own.
 * @throws `ABORTED` by its signal; what `onProgress`, `from` and `to` throw.
 */
export async function copySessions(
  sessionIds: AsyncIterable<string> | Iterable<string>,
  { from, to, runContext, onProgress, signal }: CopySessionsOptions,
): Promise<CopySessionsReport> {
  let sessions = 0;
  let items = 0;
  const incomplete: SessionCopy[] = [];
  for await (const sessionId of sessionIds) {
    if (signal?.aborted === true) throw new SessionError('ABORTED', `aborted after ${sessions} sessions`);
    const copy = await tryCopy(sessionId, from(sessionId), to(sessionId), runContext);
    if ('error' in copy) {
      incomplete.push(copy);
    } else {
      sessions++;
      items += copy.items;
      if (copy.missed > 0 || copy.isOutdated) incomplete.push(copy);
    }
    onProgress?.(copy);
  }
  return { sessions, items, incomplete };
}

/** The ids of all sessions that are listed in an index, page by page. */
export async function* sessionIdsOf(index: SessionIndex): AsyncGenerator<string, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await index.list({ limit: 100, cursor });
    for (const { sessionId } of page.sessions) yield sessionId;
    ({ cursor } = page);
  } while (cursor !== undefined);
}

async function tryCopy(
  sessionId: string,
  source: ReadableSession,
  target: StoredSession,
  runContext: RunContext | undefined,
): Promise<SessionCopy> {
  try {
    return { sessionId, ...(await copySession(source, target, runContext)) };
  } catch (error) {
    if (!SessionError.is(error)) throw error;
    return { sessionId, error };
  }
}

import type { AgentInputItem, RunContext } from '@openai/agents';
import { itemTexts } from '../records/itemJson';
import type { SessionDetails } from '../session/sessionDetails';
import type { StoredSession } from '../session/storedSession';
import { SessionError } from '../store/errors';
import { digestOfItems } from './exportFormat';

/** What is read of a session that is moved: any session of the SDK has it; details only those of this package. */
export interface ReadableSession {
  getSessionId(): Promise<string>;
  getItems(limit?: number, runContext?: RunContext): Promise<AgentInputItem[]>;
  getDetails?(runContext?: RunContext): Promise<SessionDetails | undefined>;
}

/** The items of one moment, as texts. */
export async function textsOf(
  session: ReadableSession,
  runContext: RunContext | undefined,
): Promise<string[]> {
  return itemTexts(await session.getItems(undefined, runContext));
}

/** Undefined also for a session that is not listed, which has none. */
export async function detailsOf(
  session: ReadableSession,
  runContext: RunContext | undefined,
): Promise<SessionDetails | undefined> {
  return whereListed(async () => session.getDetails?.(runContext));
}

/** Notes the details of another session, unless some are noted, or the session is not listed. */
export async function addDetails(
  session: StoredSession,
  details: SessionDetails | undefined,
  runContext: RunContext | undefined,
): Promise<void> {
  if (details === undefined) return;
  await whereListed(async () => {
    if ((await session.getDetails(runContext)) === undefined) await session.setDetails(details, runContext);
  });
}

/** Whether these are the first items of those. */
export function isStartOf(first: readonly string[], all: readonly string[]): boolean {
  return first.length <= all.length && digestOfItems(first) === digestOfItems(all.slice(0, first.length));
}

/** A session without the option `index` has no details to read, and takes none. */
async function whereListed<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (SessionError.is(error, 'INVALID_ARGUMENT')) return undefined;
    throw error;
  }
}

import type { RunContext, Session } from '@openai/agents';
import { MemoryStore } from '../memoryStore';
import type { RewriteResult } from './sessionOptions';
import { shortenSettled, type HistoryShortener, type Shortening } from '../conversation/shorteners';
import { StoredSession } from './storedSession';

/**
 * Hands the history to `shorten` and puts what it returns in its place, in one atomic commit, so that nothing is lost at
 * whatever moment the process ends. Items that others append meanwhile are kept behind; a history that changed otherwise
 * is left alone and reported as `conflict`. The history is also left alone where anything throws.
 *
 * Tool calls that wait for their result, of a run that waits for an approval for instance, are not handed over: they are
 * kept as they are behind what is returned, together with their reasoning, since the result may yet come.
 *
 * @throws What `shorten` throws; `INVALID_ARGUMENT` when it returns an empty list; the errors of a session's write.
 */
export async function compactSession(
  session: Pick<StoredSession, 'rewriteHistory'>,
  shorten: HistoryShortener,
  runContext?: RunContext,
): Promise<RewriteResult> {
  return session.rewriteHistory(async (items) => (await shortenSettled(items, shorten))?.items, runContext);
}

/**
 * Shortens by anything that works on a session: `work` is given an in-memory copy, a session that holds the items, and
 * what the copy holds afterwards takes their place. A copy that was not changed leaves the history as it is. So the SDK's
 * own compaction can be used, with its options, and without its way of clearing the stored session first:
 *
 * ```ts
 * await compactSession(
 *   session,
 *   onMemoryCopy((copy) => new OpenAIResponsesCompactionSession({ client, underlyingSession: copy }).runCompaction()),
 * );
 * ```
 *
 * Where `work` returns a `usage`, as `runCompaction` does, that is handed on.
 */
export function onMemoryCopy(work: (copy: Session) => unknown): HistoryShortener {
  return async (items) => {
    const store = new MemoryStore();
    const sessionId = 'copy';
    const copy = new StoredSession(store, { sessionId });
    await copy.addItems(items);
    const before = await store.read(sessionId);
    const result = (await work(copy)) as Partial<Pick<Shortening, 'usage'>> | null | undefined;
    const after = await store.read(sessionId);
    if (after.revision === before.revision) return undefined;
    return { items: await copy.getItems(), usage: result?.usage };
  };
}

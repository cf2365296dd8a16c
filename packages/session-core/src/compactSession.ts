import type { AgentInputItem, RunContext, Session } from '@openai/agents';
import { SessionError } from './errors';
import { pendingPlaces } from './linkedItems';
import { MemoryStore } from './memoryStore';
import { mapElements } from './readArguments';
import type { RewriteResult } from './sessionOptions';
import { StoredSession } from './storedSession';

/** Returns what takes the place of the items, at least one, or undefined to leave the history as it is. */
export type HistoryShortener = (
  items: AgentInputItem[],
) => AgentInputItem[] | undefined | Promise<AgentInputItem[] | undefined>;

/**
 * Hands the history to `shorten` and puts what it returns in its place, in one atomic commit, so that nothing is lost at
 * whatever moment the process ends. Items that others append meanwhile are kept behind; a history that changed otherwise
 * is left alone and reported as `conflict`. So is anything else that fails.
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
  return session.rewriteHistory(async (items) => {
    const pending = pendingPlaces(items);
    const settled = items.filter((_, place) => !pending.has(place));
    if (settled.length === 0) return undefined;
    const shortened = await shorten(settled);
    if (shortened === undefined) return undefined;
    const given = mapElements(shortened, 'items', (item) => item as AgentInputItem);
    if (given.length === 0) {
      throw new SessionError(
        'INVALID_ARGUMENT',
        'shorten must return at least one item; clearSession empties a session',
      );
    }
    return [...given, ...items.filter((_, place) => pending.has(place))];
  }, runContext);
}

/**
 * Shortens by anything that works on a session: `work` is given a draft, an in-memory session that holds the items, and
 * what the draft holds afterwards takes their place. A draft that was not changed leaves the history as it is. So the SDK's
 * own compaction can be used, with its options, and without its way of clearing the stored session first:
 *
 * ```ts
 * await compactSession(
 *   session,
 *   onDraft((draft) => new OpenAIResponsesCompactionSession({ client, underlyingSession: draft }).runCompaction()),
 * );
 * ```
 */
export function onDraft(work: (draft: Session) => unknown): HistoryShortener {
  return async (items) => {
    const store = new MemoryStore();
    const sessionId = 'draft';
    const draft = new StoredSession(store, { sessionId });
    await draft.addItems(items);
    const before = await store.read(sessionId);
    await work(draft);
    const after = await store.read(sessionId);
    return after.revision === before.revision ? undefined : draft.getItems();
  };
}

import type { AgentInputItem, OpenAIClient, RequestUsage } from '@openai/agents';
import { SessionError } from '../store/errors';
import { pendingPlaces } from './linkedItems';
import { mapElements, readFields } from '../arguments/readArguments';

/** Returns what takes the place of the items, at least one, or undefined to leave the history as it is. */
export type HistoryShortener = (
  items: AgentInputItem[],
) => ShortenedHistory | undefined | Promise<ShortenedHistory | undefined>;

/** The items, or with them what it cost to make them. */
export type ShortenedHistory =
  AgentInputItem[] | { readonly items: AgentInputItem[]; readonly usage?: CompactionUsage | undefined };

/** What a request to a model cost: the SDK's `RequestUsage`, or an object like it. */
export type CompactionUsage = Pick<RequestUsage, keyof RequestUsage>;

/** What is used of an OpenAI client: any that has `responses.compact`. */
export interface CompactionClient {
  readonly responses: { compact(request: object): PromiseLike<object> };
}

export interface Shortening {
  readonly items: AgentInputItem[];
  readonly usage: CompactionUsage | undefined;
}

/**
 * Hands the items to `shorten`, except tool calls that wait for their result, and all that belongs together with one: these
 * are kept as they are behind what is returned, since the result may yet come. Undefined when there is nothing to shorten,
 * or `shorten` declined.
 *
 * @throws `INVALID_ARGUMENT` when `shorten` returns an empty list, and what it throws.
 */
export async function shortenSettled(
  items: readonly AgentInputItem[],
  shorten: HistoryShortener,
): Promise<Shortening | undefined> {
  const pending = pendingPlaces(items);
  const settled = items.filter((_, place) => !pending.has(place));
  if (settled.length === 0) return undefined;
  const answer: unknown = await shorten(settled);
  if (answer === undefined) return undefined;
  const given = Array.isArray(answer) ? { items: answer } : readFields(answer, 'what shorten returns');
  const shortened = mapElements(given['items'], 'items', (item) => item as AgentInputItem);
  if (shortened.length === 0) {
    throw new SessionError(
      'INVALID_ARGUMENT',
      'shorten must return at least one item; clearSession empties a session',
    );
  }
  const kept = items.filter((_, place) => pending.has(place));
  return { items: [...shortened, ...kept], usage: given['usage'] as Shortening['usage'] };
}

/** Shortens as the SDK's compaction session does: by OpenAI's `responses.compact`, in its mode `input`. */
export function byResponsesCompact(client: CompactionClient, model: string | undefined): HistoryShortener {
  return async (items) => {
    // Only here: who does not use this needs the SDK's types alone.
    const { MemorySession, OpenAIResponsesCompactionSession } = await import('@openai/agents');
    const draft = new MemorySession({ initialItems: items });
    const compaction = new OpenAIResponsesCompactionSession({
      // The nominal type of one of several copies of the OpenAI package.
      client: client as unknown as OpenAIClient,
      underlyingSession: draft,
      compactionMode: 'input',
      ...(model !== undefined && { model }),
    });
    const result = await compaction.runCompaction({ force: true, compactionMode: 'input' });
    return result === null ? undefined : { items: await draft.getItems(), usage: result.usage };
  };
}

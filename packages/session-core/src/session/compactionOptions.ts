import type { AgentInputItem, OpenAIResponsesCompactionDecisionContext } from '@openai/agents';
import { assertOneOf } from '../arguments/assertOneOf';
import { readFields } from '../arguments/readArguments';
import { approximateTokens } from '../conversation/approximateTokens';
import type { CompactionClient, HistoryShortener } from '../conversation/shorteners';
import { bytesOf } from '../store/bytesOf';
import { itemTexts } from '../records/itemJson';
import { invalid } from '../arguments/invalid';

/**
 * How long a history may become: it is shortened once it has as much of anything named here, or more. At least one is named;
 * each is an integer of at least 1. All items of the history count, users' messages and earlier compactions too.
 */
export interface CompactAfter {
  readonly items?: number | undefined;
  /** Of the items' JSON, in UTF-8: what `assertStorable` counts. */
  readonly bytes?: number | undefined;
  /** By `approximateTokens`, which is about a token per four bytes. */
  readonly tokens?: number | undefined;
}

/** When to shorten. By default as the SDK: at ten items or more that are neither a user's message nor a compaction. */
type CompactionTrigger =
  | {
      /** Whether to shorten now. Not asked by `runCompaction({ force: true })`. */
      readonly shouldTriggerCompaction?:
        ((context: OpenAIResponsesCompactionDecisionContext) => boolean | Promise<boolean>) | undefined;
      readonly compactAfter?: undefined;
    }
  | {
      /** Leave room: above what is left after shortening, or it is done after each turn. */
      readonly compactAfter: CompactAfter;
      readonly shouldTriggerCompaction?: undefined;
    };

interface CompactionErrors {
  /**
   * Is told when shortening after a turn failed, and the run goes on: its turn is stored, and the next one tries again.
   * Default: the run fails with the error, as with the SDK's own compaction session.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** How a session shortens its history after a turn: by OpenAI's `responses.compact`, or by a function. */
export type CompactionOptions = CompactionTrigger &
  CompactionErrors &
  (
    | {
        readonly client: CompactionClient;
        /** Default: the SDK's. */
        readonly model?: string | undefined;
        readonly shorten?: undefined;
      }
    | { readonly shorten: HistoryShortener; readonly client?: undefined; readonly model?: undefined }
  );

/** @throws `INVALID_ARGUMENT` */
export function assertCompactionOptions(options: unknown): asserts options is CompactionOptions {
  if (typeof options !== 'object' || options === null) throw invalid('compaction must be an object');
  const { client, model, shorten, shouldTriggerCompaction, compactAfter, onError } = options as Record<
    string,
    unknown
  >;
  if ((client === undefined) === (shorten === undefined)) {
    throw invalid('compaction must have either client or shorten');
  }
  for (const [name, value] of Object.entries({ shorten, shouldTriggerCompaction, onError })) {
    if (value !== undefined && typeof value !== 'function')
      throw invalid(`compaction.${name} must be a function`);
  }
  if (compactAfter !== undefined) {
    if (shouldTriggerCompaction !== undefined) {
      throw invalid('compaction must have at most one of shouldTriggerCompaction and compactAfter');
    }
    assertCompactAfter(compactAfter);
  }
  if (client !== undefined && !hasCompact(client)) {
    throw invalid('compaction.client must be an OpenAI client with responses.compact');
  }
  if (model !== undefined && (typeof model !== 'string' || client === undefined)) {
    throw invalid('compaction.model must be the name of a model for compaction.client');
  }
}

/** The options as they are now, whatever becomes of the object. */
export function copyOfOptions(options: CompactionOptions): CompactionOptions {
  const { compactAfter } = options;
  return compactAfter === undefined ? { ...options } : { ...options, compactAfter: { ...compactAfter } };
}

/** Whether the items are as many as that, or as long. */
export function isLongerThan(
  { items: most = Infinity, bytes, tokens }: CompactAfter,
  items: readonly AgentInputItem[],
): boolean {
  if (items.length >= most) return true;
  if (bytes !== undefined && bytesOf(itemTexts(items)) >= bytes) return true;
  return tokens !== undefined && items.reduce((sum, item) => sum + approximateTokens(item), 0) >= tokens;
}

function assertCompactAfter(value: unknown): void {
  const limits = Object.entries(readFields(value, 'compaction.compactAfter'));
  const named = limits.filter(([, limit]) => limit !== undefined);
  if (named.length === 0) throw invalid('compaction.compactAfter must name items, bytes or tokens');
  for (const [name, limit] of named) {
    assertOneOf('what compaction.compactAfter names', name, ['items', 'bytes', 'tokens']);
    if (!Number.isSafeInteger(limit) || (limit as number) < 1) {
      throw invalid(`compaction.compactAfter.${name} must be an integer of at least 1`);
    }
  }
}

function hasCompact(client: unknown): boolean {
  const responses = (client as { responses?: { compact?: unknown } | null } | null)?.responses;
  return typeof responses?.compact === 'function';
}

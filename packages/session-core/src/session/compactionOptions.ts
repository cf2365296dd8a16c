import type { OpenAIResponsesCompactionDecisionContext } from '@openai/agents';
import type { CompactionClient, HistoryShortener } from '../conversation/shorteners';
import { SessionError } from '../store/errors';

interface CompactionSchedule {
  /**
   * Whether to shorten now. Not asked by `runCompaction({ force: true })`. Default: as the SDK, when the history holds ten
   * items or more that are neither a user's message nor a compaction.
   */
  readonly shouldTriggerCompaction?:
    ((context: OpenAIResponsesCompactionDecisionContext) => boolean | Promise<boolean>) | undefined;
  /**
   * Is told when shortening after a turn failed, and the run goes on: its turn is stored, and the next one tries again.
   * Default: the run fails with the error, as with the SDK's own compaction session.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** How a session shortens its history after a turn: by OpenAI's `responses.compact`, or by a function. */
export type CompactionOptions = CompactionSchedule &
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
  const { client, model, shorten, shouldTriggerCompaction, onError } = options as Record<string, unknown>;
  if ((client === undefined) === (shorten === undefined)) {
    throw invalid('compaction must have either client or shorten');
  }
  for (const [name, value] of Object.entries({ shorten, shouldTriggerCompaction, onError })) {
    if (value !== undefined && typeof value !== 'function')
      throw invalid(`compaction.${name} must be a function`);
  }
  if (client !== undefined && !hasCompact(client)) {
    throw invalid('compaction.client must be an OpenAI client with responses.compact');
  }
  if (model !== undefined && (typeof model !== 'string' || client === undefined)) {
    throw invalid('compaction.model must be the name of a model for compaction.client');
  }
}

function hasCompact(client: unknown): boolean {
  const responses = (client as { responses?: { compact?: unknown } | null } | null)?.responses;
  return typeof responses?.compact === 'function';
}

function invalid(message: string): SessionError {
  return new SessionError('INVALID_ARGUMENT', message);
}

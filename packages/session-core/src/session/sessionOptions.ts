import { randomUUID } from 'node:crypto';
import type { AgentInputItem, RunContext } from '@openai/agents';
import { assertOneOf } from '../arguments/assertOneOf';
import type { CachedHistories } from './cachedHistories';
import { assertCompactionOptions, type CompactionOptions } from './compactionOptions';
import { historiesOf, type HistoryCache } from './historyCache';
import { SessionError } from '../store/errors';
import { assertSessionId } from './sessionId';

/** Options of every session, whatever its store. */
export interface SessionOptions {
  /** 1 to 2,048 bytes of well-formed Unicode. Default: a random UUID, kept for the object's life. */
  readonly sessionId?: string | undefined;
  /**
   * What reading does with a record that cannot be decoded: `'error'` (default) throws `CORRUPT_RECORD`, `'skip'` reads
   * past it. Skipped records stay stored, whatever is rewritten around them.
   */
  readonly onCorruptRecord?: 'error' | 'skip' | undefined;
  /**
   * `'append'` (default): all writes succeed, one after the other. `'reject'`: a write throws `CONFLICT` when the history is
   * not the one that the writer has seen. A run has seen what it read at its beginning and what it wrote, and nothing
   * that is read later. Calls without a run context have seen what was last read or written through this object. Who has
   * neither read nor written yet has nothing to compare with, and its first write succeeds. `clearSession` always
   * succeeds.
   *
   * A run is told by its run context. Give each run one of its own, as the Runner does unless it is handed a `RunContext`:
   * runs that share one count as one run, except that SDK 0.18 and later tell where each begins.
   */
  readonly concurrentWrites?: 'append' | 'reject' | undefined;
  /**
   * The tenant or user that a run belongs to, from its context. Sessions with the same id in two scopes never meet.
   * Every call then needs the run's context, which the SDK's Runner passes by itself; without one, or when this returns
   * no non-empty string, it throws `MISSING_SCOPE`. A wrapper around the session must pass the context on; the SDK's
   * `OpenAIResponsesCompactionSession` does not: the option `compaction` works in its place.
   */
  readonly scope?: SessionScope | undefined;
  /**
   * Keeps what was read in the memory of this process, so that a later read, also by another object, asks only for what is
   * new. One for any number of sessions. Default: none.
   */
  readonly cache?: HistoryCache | undefined;
  /** Shortens the history by itself after a turn. Default: never. */
  readonly compaction?: CompactionOptions | undefined;
}

/** A function of the run context. Taken from a method's type, so that one over the caller's own context type fits. */
export type SessionScope = { of(runContext: RunContext): string }['of'];

/** Returns what takes the place of the items, or undefined to leave the history as it is. */
export type HistoryRewrite = (
  items: AgentInputItem[],
) => AgentInputItem[] | undefined | Promise<AgentInputItem[] | undefined>;

/** How a rewrite of the whole history ended. */
export type RewriteResult =
  /** `kept` items that came in meanwhile stand behind the new ones. */
  | { readonly status: 'rewritten'; readonly kept: number }
  /** The rewrite returned undefined. Nothing changed. */
  | { readonly status: 'declined' }
  /** Something else than an append happened meanwhile. Nothing changed. */
  | { readonly status: 'conflict' };

export interface ResolvedSessionOptions {
  readonly sessionId: string;
  readonly onCorruptRecord: 'error' | 'skip';
  readonly concurrentWrites: 'append' | 'reject';
  readonly scope: SessionScope | undefined;
  readonly cache: CachedHistories | undefined;
  readonly compaction: CompactionOptions | undefined;
}

/** @throws `INVALID_ARGUMENT` */
export function resolveSessionOptions(options: SessionOptions): ResolvedSessionOptions {
  const { sessionId = randomUUID(), onCorruptRecord = 'error', concurrentWrites = 'append' } = options;
  const { scope, cache, compaction } = options;
  assertSessionId(sessionId);
  assertOneOf('onCorruptRecord', onCorruptRecord, ['error', 'skip']);
  assertOneOf('concurrentWrites', concurrentWrites, ['append', 'reject']);
  if (scope !== undefined && typeof scope !== 'function') {
    throw new SessionError('INVALID_ARGUMENT', 'scope must be a function');
  }
  if (compaction !== undefined) assertCompactionOptions(compaction);
  return {
    sessionId,
    onCorruptRecord,
    concurrentWrites,
    scope,
    cache: cache === undefined ? undefined : historiesOf(cache),
    compaction: compaction && { ...compaction },
  };
}

/** @throws `MISSING_SCOPE` */
export function scopeOf(scope: SessionScope, runContext: RunContext | undefined): string {
  if (!runContext) {
    throw new SessionError(
      'MISSING_SCOPE',
      "a scoped session needs the run context in every call; a wrapper around it, such as the SDK's " +
        'OpenAIResponsesCompactionSession, drops that: use the option compaction, or compactSession with onMemoryCopy',
    );
  }
  let name: unknown;
  try {
    name = scope(runContext);
  } catch (cause) {
    throw new SessionError('MISSING_SCOPE', 'the scope function failed', { cause });
  }
  if (typeof name !== 'string' || name === '' || /\p{Surrogate}/u.test(name)) {
    throw new SessionError('MISSING_SCOPE', 'the scope function must return a non-empty, well-formed string');
  }
  return name;
}

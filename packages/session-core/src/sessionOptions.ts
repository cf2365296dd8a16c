import { randomUUID } from 'node:crypto';
import type { RunContext } from '@openai/agents';
import { assertOneOf } from './assertOneOf';
import { SessionError } from './errors';
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
   * `'append'` (default): writes of several session objects all succeed, one after the other. `'reject'`: a write throws
   * `CONFLICT` when the history changed after this object last read or wrote it, so a slower run cannot add to a history
   * that it has not seen. An object that has neither read nor written yet has nothing to compare with: its first write
   * succeeds. `clearSession` always succeeds.
   */
  readonly concurrentWrites?: 'append' | 'reject' | undefined;
  /**
   * The tenant or user that a run belongs to, from its context. Sessions with the same id in two scopes never meet.
   * Every call then needs the run's context, which the SDK's Runner passes by itself; without one, or when this returns
   * no non-empty string, it throws `MISSING_SCOPE`. A wrapper around the session must pass the context on; the SDK's
   * `OpenAIResponsesCompactionSession` does not: `compactSession` with `onDraft` works in its place.
   */
  readonly scope?: SessionScope | undefined;
}

/** A function of the run context. Taken from a method's type, so that one over the caller's own context type fits. */
export type SessionScope = { of(runContext: RunContext): string }['of'];

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
}

/** @throws `INVALID_ARGUMENT` */
export function resolveSessionOptions(options: SessionOptions): ResolvedSessionOptions {
  const { sessionId = randomUUID(), onCorruptRecord = 'error', concurrentWrites = 'append', scope } = options;
  assertSessionId(sessionId);
  assertOneOf('onCorruptRecord', onCorruptRecord, ['error', 'skip']);
  assertOneOf('concurrentWrites', concurrentWrites, ['append', 'reject']);
  if (scope !== undefined && typeof scope !== 'function') {
    throw new SessionError('INVALID_ARGUMENT', 'scope must be a function');
  }
  return { sessionId, onCorruptRecord, concurrentWrites, scope };
}

/** @throws `MISSING_SCOPE` */
export function scopeOf(scope: SessionScope, runContext: RunContext | undefined): string {
  if (!runContext) {
    throw new SessionError(
      'MISSING_SCOPE',
      "a scoped session needs the run context in every call; a wrapper around it, such as the SDK's " +
        'OpenAIResponsesCompactionSession, drops that: use compactSession with onDraft instead',
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

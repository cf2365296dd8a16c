import { randomUUID } from 'node:crypto';
import type { AgentInputItem, RunContext } from '@openai/agents';
import { assertOneOf } from '../arguments/assertOneOf';
import type { SessionEncryption } from '../records/sessionEncryption';
import type { CachedHistories } from './cachedHistories';
import { assertEncryption } from './sessionCodecs';
import { assertCompactionOptions, copyOfOptions, type CompactionOptions } from './compactionOptions';
import { historiesOf, type HistoryCache } from './historyCache';
import { isName, parseIndexing, type SessionIndexing } from './indexOptions';
import { SessionError } from '../store/errors';
import { assertSessionId } from './sessionId';

const LONGEST_REPLAY_ID = 256;

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
  /**
   * Names what is done again, under the same id, when it is interrupted: a step, an activity or a workflow of an engine for
   * durable execution. 1 to 256 characters, and unlike all others of this session. Default: none.
   *
   * The first write of this object, the second and so on are then recognised when another object with the same id makes them
   * again, for as long as the session lives: they change nothing, whatever has come in since. So make one object for each try,
   * and the same writes, in the same order; runs on it one after the other. Another write in the place of one throws
   * `OPERATION_MISMATCH`. A call that failed and changed nothing counts for nothing. After one of which nobody knows (any
   * error of the store's but `COMMIT_TOO_LARGE` and `CONTENTION`), this object takes the same write again and no other.
   *
   * A transaction is known by its place, too, and its own id only within this object. Compactions after a turn are no writes in
   * this sense. `popItem`, `clearSession` and `rewriteHistory` throw `INVALID_ARGUMENT`: what they do depends on what is stored
   * when they are called. Reads show what is stored, of the interrupted try too.
   */
  readonly replayId?: string | undefined;
  /**
   * Stores each item compressed where that makes it smaller. Default false: items are stored as JSON text, which a console
   * shows. A session reads both whatever this is, so it can change under live data; a version that does not know it refuses
   * what is compressed as `UNSUPPORTED_FORMAT`. About half the bytes, a third for tools' JSON; see docs/compression.md.
   */
  readonly compression?: boolean | undefined;
  /** Shortens the history by itself after a turn. Default: never. */
  readonly compaction?: CompactionOptions | undefined;
  /**
   * Encrypts every record before it leaves the process: what `encryptWith` of the entry point `/encryption` returns. A record
   * of another session, or one that was changed, does not decrypt; one that is not encrypted is `UNENCRYPTED_RECORD`.
   * Default: records are readable for whoever can read the database.
   */
  readonly encryption?: SessionEncryption | undefined;
  /**
   * Lists this session among its owner's, for a `SessionIndex`, and lets it have a title and metadata. Without `owner`, the owner
   * is the scope, and `scope` must be set. Give it to all objects of a session, and one `ttlSeconds` to all sessions of an
   * owner. Default: not listed.
   *
   * Costs a small write when the session begins, and then when it is written to and its last one is over a minute old; with
   * `ttlRefresh: 'access'`, also when it is read and that is over a quarter of `ttlSeconds` old. An object that has not written
   * within a minute reads the end of the index before. Where the index cannot be written, the session is not written to.
   */
  readonly index?: SessionIndexing | undefined;
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
  readonly replayId: string | undefined;
  readonly compression: boolean;
  readonly compaction: CompactionOptions | undefined;
  readonly encryption: SessionEncryption | undefined;
  readonly index: SessionIndexing | undefined;
}

/** @throws `INVALID_ARGUMENT` */
export function resolveSessionOptions(options: SessionOptions): ResolvedSessionOptions {
  const { sessionId = randomUUID(), onCorruptRecord = 'error', concurrentWrites = 'append' } = options;
  const { scope, cache, replayId, compression = false, compaction, encryption, index } = options;
  assertSessionId(sessionId);
  assertOneOf('onCorruptRecord', onCorruptRecord, ['error', 'skip']);
  assertOneOf('concurrentWrites', concurrentWrites, ['append', 'reject']);
  if (scope !== undefined && typeof scope !== 'function') {
    throw new SessionError('INVALID_ARGUMENT', 'scope must be a function');
  }
  if (replayId !== undefined && !isReplayId(replayId)) {
    throw new SessionError(
      'INVALID_ARGUMENT',
      `replayId must be a string of 1 to ${LONGEST_REPLAY_ID} characters`,
    );
  }
  if (typeof compression !== 'boolean') {
    throw new SessionError('INVALID_ARGUMENT', 'compression must be true or false');
  }
  if (compaction !== undefined) assertCompactionOptions(compaction);
  if (encryption !== undefined) assertEncryption(encryption);
  return {
    sessionId,
    onCorruptRecord,
    concurrentWrites,
    scope,
    cache: cache === undefined ? undefined : historiesOf(cache),
    replayId,
    compression,
    compaction: compaction && copyOfOptions(compaction),
    encryption,
    index: index === undefined ? undefined : parseIndexing(index, scope !== undefined),
  };
}

function isReplayId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_REPLAY_ID;
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
  if (!isName(name)) {
    throw new SessionError('MISSING_SCOPE', 'the scope function must return a non-empty, well-formed string');
  }
  return name;
}

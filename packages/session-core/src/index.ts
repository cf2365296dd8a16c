export { approximateTokens } from './approximateTokens';
export { assertStorable, type AssertStorableOptions } from './assertStorable';
export { compactSession, onDraft } from './compactSession';
export type {
  CompactionClient,
  CompactionOptions,
  CompactionUsage,
  HistoryShortener,
  ShortenedHistory,
} from './compactionOptions';
export { SessionError, type SessionErrorCode } from './errors';
export { MemoryStore, type MemorySessions, type MemoryStoreOptions } from './memoryStore';
export type { ModelExchange } from './modelExchange';
export { backoffMs, withRetries, type RetryOptions, type TimeLimit } from './retry';
export { scopePrefix } from './sessionId';
export { keepRecent, type KeepRecentOptions } from './sessionInput';
export type { HistoryRewrite, RewriteResult, SessionOptions, SessionScope } from './sessionOptions';
export {
  NO_HISTORY,
  NO_SUCH_REVISION,
  type CommitResult,
  type HistoryChange,
  type HistoryOperation,
  type ReadOptions,
  type Revision,
  type SessionStore,
  type StoredHistory,
  type StoredRecord,
} from './sessionStore';
export { StoredSession } from './storedSession';
export {
  isRefreshDue,
  LONGEST_TIMEOUT_MS,
  resolveStoreOptions,
  type ResolvedStoreOptions,
  type StoreOptions,
  type TtlRefresh,
} from './storeOptions';

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
export { scopePrefix } from './sessionId';
export { keepRecent, type KeepRecentOptions } from './sessionInput';
export type { HistoryRewrite, RewriteResult, SessionOptions, SessionScope } from './sessionOptions';
export { StoredSession } from './storedSession';

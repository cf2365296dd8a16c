export { approximateTokens } from './conversation/approximateTokens';
export { assertStorable, type AssertStorableOptions } from './records/assertStorable';
export { compactSession, onMemoryCopy } from './session/compactSession';
export type {
  CompactionClient,
  CompactionUsage,
  HistoryShortener,
  ShortenedHistory,
} from './conversation/shorteners';
export type { CompactAfter, CompactionOptions } from './session/compactionOptions';
export type { SessionDescription } from './store/describingStore';
export { SessionError, type SessionErrorCode } from './store/errors';
export type { EndedStoreCall, ObserveCall, StoreCall } from './store/observeCall';
export { MemoryStore, type MemorySessions, type MemoryStoreOptions } from './memoryStore';
export { HistoryCache, type HistoryCacheOptions, type HistoryCacheStats } from './session/historyCache';
export type { ModelExchange } from './session/wasShown';
export type {
  ApprovalDecision,
  PendingApproval,
  PendingRun,
  RestoredRunState,
  SavableRunState,
  TakenRun,
  TakePendingRunOptions,
} from './session/pendingRun';
export type { EraseOptions, EraseProgress, EraseReport } from './session/eraseSessions';
export type { SessionIndexing } from './session/indexOptions';
export type { SessionDetails } from './session/sessionDetails';
export {
  SessionIndex,
  type IndexedSession,
  type ListSessionsOptions,
  type SessionIndexOptions,
  type SessionPage,
} from './session/sessionIndex';
export { scopePrefix } from './session/sessionId';
export { keepRecent, type KeepRecentOptions } from './conversation/keepRecent';
export type { ForkOptions } from './session/forkOptions';
export type { SessionEncryption } from './records/sessionEncryption';
export type { HistoryRewrite, RewriteResult, SessionOptions, SessionScope } from './session/sessionOptions';
export { StoredSession } from './session/storedSession';

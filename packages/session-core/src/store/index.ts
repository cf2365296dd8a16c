/** For authors of stores: the contract that a store fulfils, and what stores on a network have in common. */
export { CallObserver } from './callObserver';
export { isDescribing, type DescribingStore, type SessionDescription } from './describingStore';
export { SessionError, type SessionErrorCode } from './errors';
export { type ExpiringStore, type Expiry } from './expiringStore';
export { CallTally, type EndedStoreCall, type ObserveCall, type StoreCall } from './observeCall';
export { pause } from './pause';
export { backoffMs, withRetries, type RetryOptions, type TimeLimit } from './retry';
export {
  NO_HISTORY,
  NO_SUCH_REVISION,
  type CacheKey,
  type CommitResult,
  type HistoryChange,
  type HistoryOperation,
  type ReadOptions,
  type Revision,
  type SessionStore,
  type StoredHistory,
  type StoredRecord,
} from './sessionStore';
export {
  isRefreshDue,
  LONGEST_TIMEOUT_MS,
  resolveStoreOptions,
  type ResolvedStoreOptions,
  type StoreOptions,
  type TtlRefresh,
} from './storeOptions';

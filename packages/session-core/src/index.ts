export { SessionError, type SessionErrorCode } from './errors';
export { resolveStoreOptions, type ResolvedStoreOptions, type StoreOptions } from './storeOptions';
export { backoffMs, withRetries, type RetryOptions } from './retry';
export {
  NO_HISTORY,
  type CommitResult,
  type HistoryChange,
  type HistoryOperation,
  type Revision,
  type SeenRevision,
  type SessionStore,
  type StoredHistory,
  type StoredRecord,
} from './sessionStore';

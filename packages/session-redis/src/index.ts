export {
  compactSession,
  keepRecent,
  scopePrefix,
  SessionError,
  type SessionErrorCode,
} from '@agent-sessions/session-core';
export type { RedisSessionClient } from './clients/nodeRedisClient';
export type { TlsOptions } from './clients/ownedNodeRedis';
export {
  RedisSession,
  type OwnedRedisSession,
  type RedisSessionOptions,
  type RedisUrlOptions,
} from './redisSession';
export { RedisStore, type RedisStoreOptions } from './redisStore';

/** All that an application uses of the core too, so that it installs and imports one package. */
export * from '@agent-sessions/session-core';
export type { StoreOptions, TtlRefresh } from '@agent-sessions/session-core/store';
export type { RedisSessionClient } from './clients/nodeRedisClient';
export type { TlsOptions } from './clients/ownedNodeRedis';
export {
  RedisSession,
  type OwnedRedisSession,
  type RedisSessionOptions,
  type RedisUrlOptions,
} from './redisSession';
export { RedisStore, type RedisStoreOptions } from './redisStore';

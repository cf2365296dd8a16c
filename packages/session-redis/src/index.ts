/** All that an application uses of the core too, so that it installs and imports one package. */
export * from '@agent-sessions/session-core';
export type { StoreOptions, TtlRefresh } from '@agent-sessions/session-core/store';
export type { TlsOptions } from './connection';
export type { RedisSessionClient } from './redisClient';
export {
  RedisSession,
  type OwnedRedisSession,
  type RedisSessionOptions,
  type RedisUrlOptions,
} from './redisSession';
export { RedisStore, type RedisStoreOptions } from './redisStore';

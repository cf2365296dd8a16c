/** All that an application uses of the core too, so that it installs and imports one package. */
export * from '@agent-sessions/session-core';
export type { StoreOptions, TtlRefresh } from '@agent-sessions/session-core/store';
export type { TimeLimit } from '@agent-sessions/session-core/store';
export type { RedisClientAdapter } from './clients/adapter';
export type { IORedisClient, IORedisPipeline } from './clients/ioRedisClient';
export type { NodeRedisClient } from './clients/nodeRedisClient';
export type { RedisSessionClient } from './clients/toAdapter';
export type { RedisErrorKind } from './errors';
export type { RangeReplies, RangeRequest } from './replies';
export type { ReplicasQuestion } from './replicationState';
export type { RedisScript, RedisScriptCall } from './scripts/script';
export type { TlsOptions } from './clients/ownedNodeRedis';
export {
  RedisSession,
  type OwnedRedisSession,
  type RedisSessionOptions,
  type RedisUrlOptions,
} from './redisSession';
export { RedisSessionIndex, type RedisSessionIndexOptions } from './redisSessionIndex';
export { RedisStore, type RedisStoreOptions } from './redisStore';

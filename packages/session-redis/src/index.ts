export type { RedisSessionClient } from './clients/nodeRedisClient';
export {
  RedisSession,
  type OwnedRedisSession,
  type RedisSessionOptions,
  type RedisUrlOptions,
} from './redisSession';
export { RedisStore, type RedisStoreOptions } from './redisStore';

export type { RedisSessionClient } from './redisClient';
export {
  RedisSession,
  type OwnedRedisSession,
  type RedisSessionOptions,
  type RedisUrlOptions,
} from './redisSession';
export { RedisStore, type RedisStoreOptions } from './redisStore';

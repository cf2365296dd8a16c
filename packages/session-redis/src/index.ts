export type { RedisSessionClient } from './redisClient';
export { RedisSession, type OwnedRedisSession, type RedisSessionOptions } from './redisSession';
export { RedisStore, type RedisStoreOptions } from './redisStore';

import type { Contestant } from '../contestant';

interface RedisServer {
  readonly url: string;
}

export type RedisContestant = Contestant<RedisServer>;

/** Of every contestant, so that all do the same work. */
export const TTL_SECONDS = 3_600;

export const REDIS_LIMIT = 'limit';
export const IOREDIS_LIMIT = 'limit (ioredis)';

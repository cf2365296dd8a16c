import { SessionIndex, type SessionIndexOptions } from '@agent-sessions/session-core';
import { RedisStore, type RedisStoreOptions } from './redisStore';

export interface RedisSessionIndexOptions extends SessionIndexOptions, RedisStoreOptions {}

/** The sessions of one owner in Redis or Valkey, with the options of the store that those have. */
export class RedisSessionIndex extends SessionIndex {
  /** @throws `INVALID_ARGUMENT` */
  constructor(options: RedisSessionIndexOptions) {
    super(new RedisStore(options), options);
  }
}

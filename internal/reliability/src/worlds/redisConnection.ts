import type { StoreOptions } from '@agent-sessions/session-core/store';
import { RedisSession, RedisStore } from '@agent-sessions/session-redis';
import { createClient } from 'redis';
import { everySecondCached } from './cached';
import type { Connection } from './world';

export const KEY_PREFIX = 'reliability';

/** @param reconnectMs Milliseconds before each reconnection; omitted: node-redis's own back-off. */
export async function connectRedis(port: number, reconnectMs?: number): Promise<Connection> {
  const reconnectStrategy = reconnectMs === undefined ? {} : { reconnectStrategy: reconnectMs };
  const client = createClient({ socket: { host: '127.0.0.1', port, ...reconnectStrategy } });
  // Every fault is reported here too; the session's own errors are what counts.
  client.on('error', () => undefined);
  await client.connect();
  const options = { client, keyPrefix: KEY_PREFIX };
  const cacheOfNext = everySecondCached();
  return {
    session: (own) => new RedisSession({ cache: cacheOfNext(), ...own, ...options }),
    store: (own?: StoreOptions) => new RedisStore({ ...own, ...options }),
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}

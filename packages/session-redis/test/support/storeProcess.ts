/** A process of the conformance kit, with a store on a client of its own. */
import { serveStore } from '@agent-sessions/session-core/testing';
import { createClient } from 'redis';
import { RedisStore } from '../../src';

export interface StoreProcessOptions {
  readonly url: string;
  readonly keyPrefix: string;
}

serveStore(async (options) => {
  const { url, keyPrefix } = options as StoreProcessOptions;
  const client = createClient({ url }).on('error', () => undefined);
  await client.connect();
  return new RedisStore({ client, keyPrefix });
});

import { join } from 'node:path';
import { bundle } from '@agent-sessions/engines';
import { createClient } from 'redis';
import { describeConformance } from './support/conformance';
import { fixtures } from './support/fixtures';
import { TestRedis } from './support/redis';
import type { StoreProcessOptions } from './support/storeProcess';

const redis = new TestRedis();
const url = process.env.REDIS_URL ?? '';
const clients: { destroy(): void }[] = [];

beforeAll(redis.connect);
afterAll(async () => {
  for (const client of clients) client.destroy();
  await redis.close();
});

describeConformance('RedisStore', {
  keyPrefix: redis.keyPrefix,
  inspector: () => redis.client,
  store: (options) => redis.store(options),
  hooks: {
    fixtures: fixtures(redis.client, redis.keyPrefix),
    processes: {
      module: bundle(join(__dirname, 'support/storeProcess.ts')),
      options: { url, keyPrefix: redis.keyPrefix } satisfies StoreProcessOptions,
    },
    unreachable: {
      'a client that was closed': async () => {
        const client = createClient({ url });
        await client.connect();
        await client.close();
        return redis.store({ client });
      },
      'a server that does not listen': () => {
        // Connecting goes on until the client is destroyed.
        const client = createClient({ url: 'redis://127.0.0.1:1' }).on('error', () => undefined);
        client.connect().catch(() => undefined);
        clients.push(client);
        return redis.store({ client, timeoutMs: 100 });
      },
    },
  },
});

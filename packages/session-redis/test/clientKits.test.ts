import { createClient, createClientPool, RESP_TYPES } from 'redis';
import { RedisStore, type RedisSessionClient } from '../src';
import { describeConformance } from './support/conformance';
import { TestRedis } from './support/redis';

const redis = new TestRedis();
const url = process.env.REDIS_URL ?? '';
const BUFFERS = { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer };

const CLIENTS = {
  createClientPool: createClientPool({ url }, { minimum: 2, maximum: 4 }),
  'createClient, RESP 2': createClient({ url, RESP: 2 }),
  'createClient, RESP 3': createClient({ url, RESP: 3 }),
  'createClient, mapped to Buffers': createClient({ url, commandOptions: { typeMapping: BUFFERS } }),
};

beforeAll(async () => {
  await redis.connect();
  for (const client of Object.values(CLIENTS)) await client.on('error', () => undefined).connect();
});
afterAll(async () => {
  await redis.close();
  for (const client of Object.values(CLIENTS)) client.destroy();
});

for (const [name, client] of Object.entries<RedisSessionClient>(CLIENTS)) {
  describeConformance(`RedisStore on ${name}`, {
    keyPrefix: redis.keyPrefix,
    inspector: () => redis.client,
    store: (options) => new RedisStore({ client, keyPrefix: redis.keyPrefix, ...options }),
  });
}

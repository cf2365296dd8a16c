import { RedisStore } from '../src';
import { PLAIN, PLAIN_VARIANTS, POOLS } from './support/clientKinds';
import { describeConformance } from './support/conformance';
import { TestRedis } from './support/redis';

const redis = new TestRedis();
const port = Number(new URL(process.env.REDIS_URL ?? '').port);

// redis 6 with nothing set: conformance.test.ts
const NAMES = /^(redis 5|ioredis [56]|pool of redis 6|redis 6, (RESP 2|mapped to Buffers))$/;
const KINDS = Object.entries({ ...PLAIN, ...POOLS, ...PLAIN_VARIANTS })
  .filter(([name]) => NAMES.test(name))
  .map(([name, kind]) => ({ name, ...kind({ port }) }));

beforeAll(async () => {
  await redis.connect();
  for (const { connect } of KINDS) await connect();
});
afterAll(async () => {
  await redis.close();
  for (const { destroy } of KINDS) await destroy();
});

for (const { name, client } of KINDS) {
  describeConformance(`RedisStore on ${name}`, {
    keyPrefix: redis.keyPrefix,
    inspector: () => redis.client,
    store: (options) => new RedisStore({ client, keyPrefix: redis.keyPrefix, ...options }),
  });
}

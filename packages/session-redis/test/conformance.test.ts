import { describeConformance } from './support/conformance';
import { TestRedis } from './support/redis';

const redis = new TestRedis();

beforeAll(redis.connect);
afterAll(redis.close);

describeConformance('RedisStore', {
  keyPrefix: redis.keyPrefix,
  inspector: () => redis.client,
  store: (options) => redis.store(options),
});

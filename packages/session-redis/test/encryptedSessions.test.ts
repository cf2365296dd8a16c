import { isOfSessions } from '../../session-core/test/encryptedCodecs';
import { describeConformance } from './support/conformance';
import { TestRedis } from './support/redis';

jest.mock('../../session-core/src/session/sessionCodecs', () =>
  jest.requireActual<object>('../../session-core/test/encryptedCodecs'),
);

const redis = new TestRedis();

beforeAll(redis.connect);
afterAll(redis.close);

describeConformance('sessions that encrypt and compress', {
  keyPrefix: redis.keyPrefix,
  inspector: () => redis.client,
  store: (options) => redis.store(options),
  isWanted: isOfSessions,
});

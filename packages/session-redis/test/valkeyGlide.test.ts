import {
  redisCommand,
  startFaultProxy,
  startRedis,
  type FaultProxy,
  type RedisEngine,
} from '@agent-sessions/engines';
import { GlideClient, Logger } from '@valkey/valkey-glide';
import { createClient } from 'redis';
import { GlideAdapter } from '../../../examples/valkeyGlide/glideAdapter';
import { RedisStore } from '../src';
import { describeConformance } from './support/conformance';
import { commitId } from './support/redis';

const keyPrefix = 'glide-test';
const append = ['{"a":1}'];

let server: RedisEngine;
let proxy: FaultProxy;
let client: GlideClient;
let inspector: Awaited<ReturnType<typeof inspect>>;

const inspect = () =>
  createClient({ url: server.url })
    .on('error', () => undefined)
    .connect();
const connect = (port: number): Promise<GlideClient> =>
  GlideClient.createClient({ addresses: [{ host: '127.0.0.1', port }], requestTimeout: 5_000 });

beforeAll(async () => {
  Logger.init('off');
  server = await startRedis({});
  proxy = await startFaultProxy(server);
  [client, inspector] = await Promise.all([connect(proxy.port), inspect()]);
});
beforeEach(() => {
  proxy.plan = () => undefined;
});
afterAll(async () => {
  client.close();
  inspector.destroy();
  await proxy.stop();
  await server.stop();
});

const store = (options: Partial<ConstructorParameters<typeof RedisStore>[0]> = {}): RedisStore =>
  new RedisStore({ client: new GlideAdapter(client), keyPrefix, ...options });

describeConformance('RedisStore on valkey-glide, by the adapter of the example', {
  keyPrefix,
  inspector: () => inspector,
  store,
});

test.each(['cut', 'cut-request', 'swallow', 'cut-answer'] as const)(
  'after the fault %s an append is there once',
  async (fault) => {
    let due = true;
    await store().clear(fault);
    proxy.plan = (request) => {
      if (!due || !request.includes('EVALSHA')) return undefined;
      due = false;
      return fault;
    };
    const commit = store().commit(fault, { idempotencyKey: commitId(), append });
    expect(await commit).toMatchObject({ status: 'committed' });
    expect(due).toBe(false);
    expect((await store().read(fault)).records).toEqual(append);
  },
);

test('a key of another type, a user without rights, a client that is closed', async () => {
  await redisCommand(server, 'SET', `${keyPrefix}:{typed}:items`, 'text');
  const commit = (on: RedisStore): Promise<unknown> =>
    on.commit('typed', { idempotencyKey: commitId(), append });
  await expect(commit(store())).rejects.toMatchObject({ code: 'STORE_MISCONFIGURED' });
  await redisCommand(server, 'ACL', 'SETUSER', 'least', 'on', '>pw', '~none:*', '+@all');
  const restricted = await GlideClient.createClient({
    addresses: [{ host: '127.0.0.1', port: server.port }],
    credentials: { username: 'least', password: 'pw' },
  });
  await expect(commit(store({ client: new GlideAdapter(restricted) }))).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
  });
  restricted.close();
  await expect(commit(store({ client: new GlideAdapter(restricted) }))).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
});

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  redisCommand,
  startRedis,
  startRedisCluster,
  type ClusterNode,
  type RedisCluster,
  type RedisEngine,
} from '@agent-sessions/engines';
import { scopePrefix } from '@agent-sessions/session-core';
import { RunContext } from '@openai/agents';
import { createClient } from 'redis';
import { RedisSession, RedisStore, type RedisStoreOptions } from '../src';
import { sessionKeys } from '../src/layout/keys';
import { CLEAR } from '../src/scripts/clear';
import { COMMIT } from '../src/scripts/commit';
import { DESCRIBE } from '../src/scripts/describe';
import { READ } from '../src/scripts/read';
import { TOUCH } from '../src/scripts/touch';
import { CLUSTERED, PLAIN, type Kind, type ClusterAddress } from './support/clientKinds';
import { describeConformance } from './support/conformance';
import { CLUSTER_RIGHTS, IOREDIS_CLUSTER_RIGHTS, LEAST_RIGHTS, REPLICA_RIGHTS } from './support/leastRights';
import { commitId } from './support/redis';

// Which error each missing right leads to, and that nothing changes then: see "permissions" in failures.test.ts.

const DOCUMENT = join(__dirname, '../../../docs/redis.md');
const keyPrefix = 'openai_agents_session';
const user = { username: 'chat', password: 'pw' };
const ignore = (): void => undefined;
const message = (content: string) => ({ role: 'user' as const, content });

let server: RedisEngine;
let admin: Awaited<ReturnType<typeof connect>>;
let least: Awaited<ReturnType<typeof connect>>;

async function connect(options: { username?: string; password?: string } = {}) {
  return createClient({ url: server.url, ...options })
    .on('error', ignore)
    .connect();
}

beforeAll(async () => {
  // ioredis says that it skips its ready check, for want of INFO.
  jest.spyOn(console, 'warn').mockImplementation(ignore);
  server = await startRedis({});
  await redisCommand(server, 'ACL', 'SETUSER', user.username, ...LEAST_RIGHTS, `>${user.password}`);
  admin = await connect();
  least = await connect(user);
});
afterAll(async () => {
  admin.destroy();
  least.destroy();
  await server.stop();
});

describeConformance('RedisStore, of a user with the least rights', {
  keyPrefix,
  inspector: () => admin,
  store: (options) => new RedisStore({ client: least, ...options }),
});

test('so far the server has refused that user nothing', async () => {
  expect(await redisCommand(server, 'ACL', 'LOG')).toEqual([]);
});

test('a session with a client of its own needs no more', async () => {
  const { username, password } = user;
  const url = `redis://${username}:${password}@${server.host}:${server.port}`;
  await using session = await RedisSession.fromUrl(url, { sessionId: 'own', ttlSeconds: 60 });
  await session.addItems([{ role: 'user', content: 'a' }]);
  expect(await session.popItem()).toEqual({ role: 'user', content: 'a' });
  await session.clearSession();
  expect(await session.getItems()).toEqual([]);
  expect(await redisCommand(server, 'ACL', 'LOG')).toEqual([]);
});

test.each(Object.entries(PLAIN))('they suffice for %s, which connects with them', async (name, kind) => {
  const { client, connect, destroy, isReady } = kind({ port: server.port, ...user });
  await connect();
  const session = new RedisSession({ client, sessionId: name, ttlSeconds: 60, ttlRefresh: 'access' });
  await session.addItems([message('a'), message('b')]);
  expect(await session.getItems()).toEqual([message('a'), message('b')]);
  expect(await session.getItems(1)).toEqual([message('b')]);
  expect(await session.popItem()).toEqual(message('b'));
  await session.clearSession();
  expect(isReady()).toBe(true);
  await destroy();
});

test('a client that pings needs one right more', async () => {
  const pinging = () =>
    createClient({ url: server.url, username: 'pinging', password: 'pw', pingInterval: 10 });
  await redisCommand(server, 'ACL', 'SETUSER', 'pinging', ...LEAST_RIGHTS, '>pw');
  const refused = pinging();
  const error = once(refused, 'error');
  await refused.connect();
  expect((await error)[0]).toMatchObject({ message: expect.stringMatching(/^NOPERM .*'ping'/) as string });
  refused.destroy();
  await redisCommand(server, 'ACL', 'SETUSER', 'pinging', '+ping');
  const client = pinging();
  const pong = once(client, 'ping-interval');
  await client.connect();
  expect(await pong).toEqual(['PONG']);
  client.destroy();
  expect(readFileSync(DOCUMENT, 'utf8')).toContain('with `pingInterval` also `+ping`');
});

test('the rights are those to what the scripts call, to run them, and to read a whole session', () => {
  const called = [COMMIT, READ, CLEAR, TOUCH, DESCRIBE].flatMap(({ lua }) =>
    [...lua.matchAll(/redis\.call\('(\w+)'/g)].map(([, name = '']) => `+${name.toLowerCase()}`),
  );
  const sent = ['+evalsha', '+eval', '+hmget', '+lrange', '+pttl', '+wait'];
  const granted = [...LEAST_RIGHTS, ...REPLICA_RIGHTS].filter((right) => right.startsWith('+'));
  expect(granted.sort()).toEqual([...new Set([...called, ...sent])].sort());
});

test('the page on Redis gives these rights', () => {
  const [on, ...rights] = LEAST_RIGHTS;
  expect(readFileSync(DOCUMENT, 'utf8')).toContain(`ACL SETUSER chat ${on} >password ${rights.join(' ')}\n`);
  expect(readFileSync(DOCUMENT, 'utf8')).toContain(`\`${REPLICA_RIGHTS.join(' ')}\``);
});

test('that user reaches nothing else', async () => {
  await admin.set('other', 'secret');
  await admin.rPush('other-list', 'secret');
  for (const words of [
    ['GET', 'other'],
    ['KEYS', '*'],
    ['SCAN', '0'],
    ['DEL', 'other'],
    ['FLUSHALL'],
    ['CONFIG', 'GET', '*'],
    ['SCRIPT', 'FLUSH'],
    ['PUBLISH', 'other', 'x'],
    ['LRANGE', 'other-list', '0', '-1'],
    ['EVAL', "return redis.call('LRANGE', 'other-list', 0, -1)", '0'],
    ['EVAL', "return redis.call('LRANGE', KEYS[1], 0, -1)", '1', 'other-list'],
    ['EVAL', "return redis.call('GET', KEYS[1])", '1', `${keyPrefix}:x`],
  ]) {
    await expect(least.sendCommand(words)).rejects.toThrow(/NOPERM|can't run|can't access/);
  }
  const store = new RedisStore({ client: least, keyPrefix: 'other-prefix' });
  await expect(store.read('a')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  await expect(store.commit('a', { idempotencyKey: commitId(), append: ['{}'] })).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
  });
});

test('a user of one tenant reaches no other, whatever tenants are called', async () => {
  const scope = ({ context }: RunContext): string => context as string;
  const open = (client: RedisStoreOptions['client']) =>
    new RedisSession({ client, sessionId: 'chat', scope });
  const tenants = ['*', '?cme', '[a-z]cme', 'ac\\me', 'acme', '%2A'];
  for (const tenant of tenants) await open(admin).addItems([message(tenant)], new RunContext(tenant));
  for (const [index, tenant] of tenants.entries()) {
    const username = `tenant-${index}`;
    const pattern = `~${keyPrefix}:{${scopePrefix(tenant).replaceAll('%', '%25')}*`;
    const rights = LEAST_RIGHTS.map((right) => (right.startsWith('~') ? pattern : right));
    await redisCommand(server, 'ACL', 'SETUSER', username, ...rights, '>pw');
    const client = await connect({ username, password: 'pw' });
    for (const other of tenants) {
      const read = open(client).getItems(undefined, new RunContext(other));
      if (other === tenant) expect(await read).toEqual([message(tenant)]);
      else await expect(read).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    }
    client.destroy();
  }
});

describe('on a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  }, 120_000);
  afterAll(() => cluster.stop());

  const setUser = (...rights: string[]) =>
    Promise.all(
      [...cluster.masters, ...cluster.replicas].map((node) =>
        redisCommand(node, 'ACL', 'SETUSER', user.username, ...rights, `>${user.password}`),
      ),
    );
  const open = async (kind: Kind<ClusterAddress> = CLUSTERED['createCluster of redis 6']) => {
    const one = kind({ rootNodes: cluster.rootNodes, user });
    try {
      await one.connect();
      return one;
    } catch (error) {
      await one.destroy();
      throw error;
    }
  };

  test.each(Object.entries<Kind<ClusterAddress>>(CLUSTERED))(
    'the same rights do not suffice to connect %s; those of the page on Redis do',
    async (name, kind) => {
      const rights = name.includes('ioredis') ? IOREDIS_CLUSTER_RIGHTS : CLUSTER_RIGHTS;
      expect(readFileSync(DOCUMENT, 'utf8')).toContain(`\`${rights.join(' ')}\``);
      await setUser('reset', ...LEAST_RIGHTS);
      await expect(open(kind)).rejects.toThrow();
      await setUser('reset', ...LEAST_RIGHTS, ...rights);
      const { client, destroy } = await open(kind);
      for (const sessionId of ['a', 'b', 'c', 'd', 'e', 'f']) {
        const session = new RedisSession({ client, sessionId, ttlSeconds: 60 });
        await session.addItems([{ role: 'user', content: sessionId }]);
        expect(await session.getItems()).toEqual([{ role: 'user', content: sessionId }]);
        await session.clearSession();
      }
      await destroy();
    },
    30_000,
  );

  test('and they suffice while a slot moves, but not without +asking', async () => {
    await setUser('reset', ...LEAST_RIGHTS, ...CLUSTER_RIGHTS);
    const { client, destroy } = await open();
    const store = new RedisStore({ client });
    await store.commit('moving', { idempotencyKey: commitId(), append: ['{"a":1}'] });
    const keys = sessionKeys(keyPrefix, 'moving');
    const slot = Number(await redisCommand(cluster.masters[0] as ClusterNode, 'CLUSTER', 'KEYSLOT', keys[0]));
    const owns = ({ slots = [1, 0] }: ClusterNode) => slot >= slots[0] && slot <= slots[1];
    const source = cluster.masters.find(owns) as ClusterNode;
    const target = cluster.masters.find((node) => node !== source) as ClusterNode;
    await redisCommand(target, 'CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', source.id);
    await redisCommand(source, 'CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', target.id);
    await redisCommand(source, 'MIGRATE', target.host, `${target.port}`, '', '0', '5000', 'KEYS', ...keys);
    const append = ['{"b":1}'];
    await setUser('-asking');
    await expect(store.commit('moving', { idempotencyKey: commitId(), append })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
    });
    await setUser('+asking');
    await store.commit('moving', { idempotencyKey: commitId(), append: ['{"c":1}'] });
    expect((await store.read('moving')).records).toEqual(['{"a":1}', '{"c":1}']);
    await destroy();
  }, 30_000);
});

import { redisCommand, startRedisCluster, startSentinel, startValkey } from '../src';
import { findValkey, VALKEY_MISSING } from '../src/redis';
import { until } from '../src/until';
import { isAlive } from './processes';

test('a cluster serves all slots, redirects, and replaces a killed master', async () => {
  const cluster = await startRedisCluster();
  try {
    expect(cluster.masters.map(({ slots }) => slots)).toEqual([
      [0, 5461],
      [5462, 10922],
      [10923, 16383],
    ]);
    const [first, second] = cluster.masters;
    const [replica] = cluster.replicas;
    if (first === undefined || second === undefined || replica === undefined)
      throw new Error('too few nodes');
    // The slot of `foo` is 12182: https://redis.io/docs/latest/commands/cluster-keyslot/
    await expect(redisCommand(first, 'GET', 'foo')).rejects.toThrow(
      `MOVED 12182 127.0.0.1:${cluster.masters[2]?.port ?? 0}`,
    );
    // `{b}` is in slot 3300, of the first master.
    expect(await redisCommand(first, 'SET', '{b}key', 'kept')).toBe('OK');
    expect(await redisCommand(first, 'WAIT', '1', '5000')).toBe(1);
    process.kill(first.pid ?? 0, 'SIGKILL');
    await until('the replica is a master', async () =>
      ((await redisCommand(replica, 'INFO', 'replication')) as string).includes('role:master'),
    );
    await until('the cluster is whole', async () =>
      ((await redisCommand(second, 'CLUSTER', 'INFO')) as string).includes('cluster_state:ok'),
    );
    expect(await redisCommand(replica, 'GET', '{b}key')).toBe('kept');
  } finally {
    await cluster.stop();
  }
  expect([...cluster.masters, ...cluster.replicas].some(({ pid }) => isAlive(pid))).toBe(false);
});

test('sentinels replace a killed master', async () => {
  const group = await startSentinel();
  try {
    expect(await group.masterPort()).toBe(group.master.port);
    await redisCommand(group.master, 'SET', 'key', 'kept');
    expect(await redisCommand(group.master, 'WAIT', '1', '5000')).toBe(1);
    process.kill(group.master.pid ?? 0, 'SIGKILL');
    await until('a new master', async () => (await group.masterPort()) === group.replica.port);
    await until(
      'it takes writes',
      async () => (await redisCommand(group.replica, 'SET', 'key2', '')) === 'OK',
    );
    expect(await redisCommand(group.replica, 'GET', 'key')).toBe('kept');
  } finally {
    await group.stop();
  }
  expect([group.master, group.replica, ...group.sentinels].some(({ pid }) => isAlive(pid))).toBe(false);
});

test('Valkey starts and answers; where it is missing the error says what to install', async () => {
  if (findValkey() === undefined) {
    await expect(startValkey()).rejects.toThrow(VALKEY_MISSING);
    return;
  }
  const engine = await startValkey();
  expect(await redisCommand(engine, 'INFO', 'server')).toContain('valkey_version');
  await engine.stop();
});

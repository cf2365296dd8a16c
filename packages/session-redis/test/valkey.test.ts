/**
 * Valkey is optional: where there is none, and `VALKEY=1 npm test` has not installed it either, this file has one test that
 * is not run, so that the run says that nothing was tested on it.
 */
import {
  findValkey,
  redisCommand,
  startValkey,
  VALKEY_MISSING,
  type RedisEngine,
} from '@agent-sessions/engines';
import { createClient } from 'redis';
import { RedisStore } from '../src';
import { describeConformance } from './support/conformance';
import { LEAST_RIGHTS } from './support/leastRights';
import { commitId } from './support/redis';

async function connect(url: string, user: { username?: string; password?: string } = {}) {
  return createClient({ url, ...user })
    .on('error', () => undefined)
    .connect();
}

if (findValkey() === undefined) {
  process.stderr.write(`\n  SKIPPED the tests on Valkey. ${VALKEY_MISSING}\n\n`);
  test.todo('Valkey is not installed: nothing was tested on it');
} else {
  describe('Valkey', () => {
    let server: RedisEngine;
    let admin: Awaited<ReturnType<typeof connect>>;
    let least: Awaited<ReturnType<typeof connect>>;
    const keyPrefix = 'openai_agents_session';

    beforeAll(async () => {
      server = await startValkey();
      await redisCommand(server, 'ACL', 'SETUSER', 'chat', ...LEAST_RIGHTS, '>pw');
      admin = await connect(server.url);
      least = await connect(server.url, { username: 'chat', password: 'pw' });
    });
    afterAll(async () => {
      admin.destroy();
      least.destroy();
      await server.stop();
    });

    test('it is one', async () => {
      expect(await admin.info('server')).toMatch(/^valkey_version:/m);
    });

    describeConformance('RedisStore, of a user with the least rights', {
      keyPrefix,
      inspector: () => admin,
      store: (options) => new RedisStore({ client: least, ...options }),
    });

    test('for want of memory nothing changes', async () => {
      const store = new RedisStore({ client: least, timeoutMs: 100 });
      await store.commit('full', { idempotencyKey: commitId(), append: ['{"a":1}'] });
      await admin.configSet('maxmemory', '1');
      await expect(
        store.commit('full', { idempotencyKey: commitId(), append: ['{"b":1}'] }),
      ).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });
      await admin.configSet('maxmemory', '0');
      expect((await store.read('full')).records).toEqual(['{"a":1}']);
    });

    test('for want of a right nothing changes', async () => {
      const store = new RedisStore({ client: least, ttlSeconds: 60 });
      await store.commit('denied', { idempotencyKey: commitId(), append: ['{"a":1}'] });
      const attempts = [
        () => store.commit('denied', { idempotencyKey: commitId(), append: ['{"b":1}'] }),
        () => store.clear('denied'),
      ];
      for (const right of ['pexpireat', 'hmget']) {
        await redisCommand(server, 'ACL', 'SETUSER', 'chat', `-${right}`);
        for (const attempt of attempts) {
          await expect(attempt()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
        }
        await redisCommand(server, 'ACL', 'SETUSER', 'chat', `+${right}`);
      }
      expect((await store.read('denied')).records).toEqual(['{"a":1}']);
    });

    test('waitForReplicas: what is acknowledged is on the replica, and nothing while it stands still', async () => {
      const replica = await startValkey({ args: ['--replicaof', server.host, `${server.port}`] });
      const store = new RedisStore({ client: admin, waitForReplicas: 1 });
      for (let count = 1; count <= 20; count++) {
        await store.commit('replicated', { idempotencyKey: commitId(), append: ['{"a":1}'] });
        const records = await redisCommand(replica, 'LRANGE', `${keyPrefix}:{replicated}:items`, '0', '-1');
        expect(records).toHaveLength(count);
      }
      process.kill(replica.pid ?? 0, 'SIGSTOP');
      const impatient = new RedisStore({ client: admin, waitForReplicas: 1, timeoutMs: 300 });
      await expect(
        impatient.commit('replicated', { idempotencyKey: commitId(), append: ['{"b":1}'] }),
      ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      process.kill(replica.pid ?? 0, 'SIGCONT');
      await replica.stop();
    });
  });
}

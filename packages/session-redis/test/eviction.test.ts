import { redisCommand, startRedis, type RedisEngine } from '@agent-sessions/engines';
import { createClient } from 'redis';
import { RedisSession, RedisStore } from '../src';
import { sessionKeys } from '../src/keys';

const message = (content: string) => ({ role: 'user' as const, content });
const SESSIONS = Array.from({ length: 60 }, (_, index) => `session ${index}`);

describe.each(['allkeys-random', 'allkeys-lru', 'volatile-random', 'volatile-ttl'])(
  'a server that evicts keys (%s)',
  (policy) => {
    let server: RedisEngine;
    const client = createClient().on('error', () => undefined);

    beforeAll(async () => {
      server = await startRedis({ args: ['--maxmemory-policy', policy] });
      client.options.socket = { host: server.host, port: server.port, tls: false };
      await client.connect();
    });
    afterAll(async () => {
      client.destroy();
      await server.stop();
    });

    const stateOf = async (sessionId: string): Promise<string> => {
      const [items, meta] = sessionKeys('p', sessionId);
      return `${Number(await client.exists(items))}${Number(await client.exists(meta))}`;
    };

    test('every session works whichever of its keys is gone', async () => {
      const open = (sessionId: string): RedisSession =>
        new RedisSession({ client, keyPrefix: 'p', sessionId, ttlSeconds: 10_000, timeoutMs: 5_000 });
      for (const id of SESSIONS) await open(id).addItems(['a', 'b', 'c'].map(message));

      // One key less at a time, until sessions with a list only and with a hash only are among them.
      const states = new Map<string, string>();
      for (let evicted = 0; ; ) {
        for (const id of SESSIONS) states.set(id, await stateOf(id));
        const seen = new Set(states.values());
        if (seen.has('01') && seen.has('10')) break;
        const used = /used_memory:(\d+)/.exec((await redisCommand(server, 'INFO', 'memory')) as string);
        await redisCommand(server, 'CONFIG', 'SET', 'maxmemory', `${Number(used?.[1]) - 1}`);
        await client.set('filler', '', { expiration: { type: 'EX', value: 1 } }).catch(() => undefined);
        const now = /evicted_keys:(\d+)/.exec((await redisCommand(server, 'INFO', 'stats')) as string);
        if (Number(now?.[1]) >= 2 * SESSIONS.length) throw new Error('everything was evicted');
        if (Number(now?.[1]) === evicted) continue;
        evicted = Number(now?.[1]);
      }
      await redisCommand(server, 'CONFIG', 'SET', 'maxmemory', '0');

      for (const [id, state] of states) {
        const left = state[0] === '1' ? ['a', 'b', 'c'].map(message) : [];
        const session = open(id);
        expect(await session.getItems()).toEqual(left);
        // Fenced twice over: by the revision of its read, and by the suffix.
        await session.applyHistoryTransaction({
          operationId: 'turn',
          transaction: { type: 'append_items', items: [message('d')] },
        });
        expect(await session.popItem()).toEqual(message('d'));
        await session.addItems([message('e')]);
        expect(await open(id).getItems()).toEqual([...left, message('e')]);
        expect(await stateOf(id)).toBe('11');
        await session.clearSession();
        expect((await new RedisStore({ client, keyPrefix: 'p' }).read(id)).records).toEqual([]);
      }
    }, 60_000);
  },
);

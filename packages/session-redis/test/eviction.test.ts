import { startRedis, type RedisEngine } from '@agent-sessions/engines';
import { createClient } from 'redis';
import { RedisSession, RedisStore } from '../src';
import { sessionKeys } from '../src/layout/keys';

// So large that evicting one is enough.
const message = (content: string) => ({ role: 'user' as const, content: content.repeat(10_000) });
const SESSIONS = Array.from({ length: 40 }, (_, index) => `session ${index}`);

async function connect(url: string) {
  return createClient({ url })
    .on('error', () => undefined)
    .connect();
}

describe.each(['allkeys-random', 'allkeys-lru', 'volatile-random', 'volatile-ttl'])(
  'a server that evicts keys (%s)',
  (policy) => {
    let server: RedisEngine;
    let client: Awaited<ReturnType<typeof connect>>;

    beforeAll(async () => {
      server = await startRedis({ args: ['--maxmemory-policy', policy] });
      client = await connect(server.url);
    });
    afterAll(async () => {
      client.destroy();
      await server.stop();
    });

    const stateOf = async (sessionId: string): Promise<string> => {
      const [items, meta] = sessionKeys('p', sessionId);
      return `${await client.exists(items)}${await client.exists(meta)}`;
    };

    test('every session works whichever of its keys is gone', async () => {
      const open = (sessionId: string): RedisSession =>
        new RedisSession({ client, keyPrefix: 'p', sessionId, ttlSeconds: 10_000, timeoutMs: 5_000 });
      for (const id of SESSIONS) await open(id).addItems(['a', 'b', 'c'].map(message));

      // A few keys less at a time, until sessions with a list only and with a hash only are among them.
      const states = new Map<string, string>();
      const used = /used_memory:(\d+)/.exec(await client.info('memory'));
      for (let limit = Number(used?.[1]); ; limit -= 8_192) {
        await client.configSet('maxmemory', `${limit}`);
        for (const id of SESSIONS) states.set(id, await stateOf(id));
        const seen = new Set(states.values());
        if (seen.has('01') && seen.has('10')) break;
        if (!seen.has('11')) throw new Error('no session lost one of its keys alone');
      }
      await client.configSet('maxmemory', '0');
      // The server may have evicted more since.
      for (const id of SESSIONS) states.set(id, await stateOf(id));

      for (const [id, state] of states) {
        const left = state[0] === '1' ? ['a', 'b', 'c'].map(message) : [];
        const session = open(id);
        expect(await session.getItems()).toEqual(left);
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
    });
  },
);

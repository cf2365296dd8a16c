import type { StoredSession } from '../src';
import type { SessionStore } from '../src/store';
import { dying, IndexWorld } from './indexWorld';

/* With `ttlRefresh: 'access'`, reads extend a session. What extends it must not leave its entry behind. */

const TTL_SECONDS = 30 * 86_400;
const TTL_MS = TTL_SECONDS * 1_000;

afterEach(() => jest.restoreAllMocks());

const open = (): IndexWorld => new IndexWorld({ ttlSeconds: TTL_SECONDS, ttlRefresh: 'access' });

const WAITING = JSON.stringify({
  $schemaVersion: '1.22',
  currentStep: { data: { interruptions: [{ rawItem: { callId: 'c1', name: 'n' } }] } },
});

const reads: Record<string, (session: StoredSession) => Promise<unknown>> = {
  getItems: (session) => session.getItems(),
  'pendingRuns of it': (session) => session.pendingRuns(),
  'a fork of it': (session) => session.fork({ sessionId: `fork-${Math.random()}` }),
  'a rewrite that declines': (session) => session.rewriteHistory(() => undefined),
  'a mutation that changes nothing': (session) =>
    session.applyHistoryMutations({
      mutations: [
        {
          type: 'replace_function_call',
          callId: 'none',
          replacement: { type: 'function_call', callId: 'none', name: 'n', arguments: '{}' },
        },
      ],
    }),
};

test.each(Object.entries(reads))('a session that lives by %s is listed', async (_, read) => {
  const world = open();
  const session = await world.write('chat');
  await session.setDetails({ title: 'kept' });
  await session.savePendingRun(WAITING);
  for (let times = 0; times < 4; times++) {
    world.now += TTL_MS * 0.7;
    await read(world.session('chat')).catch(() => undefined);
    // Rewrites the index when that is due, at the latest.
    for (let n = 0; n < 40; n++) await world.write(`s${n}`);
    const listed = (await world.all()).filter(({ sessionId }) => sessionId === 'chat');
    expect(listed).toMatchObject(world.stored().includes('chat') ? [{ title: 'kept' }] : []);
  }
});

test('a process that dies while a read extends leaves no session that is not listed', async () => {
  for (const change of [1, 2, 3]) {
    for (const moment of ['before', 'after'] as const) {
      const world = open();
      await (await world.write('chat')).setDetails({ title: 'kept' });
      world.now += TTL_MS * 0.95;
      const store: SessionStore = dying(world.store(), change, moment);
      await world
        .session('chat', {}, store)
        .getItems()
        .catch(() => undefined);
      world.now += TTL_MS * 0.95;
      for (let n = 0; n < 100; n++) await world.write(`s${n}`);
      expect((await world.ids()).includes('chat')).toBe(world.stored().includes('chat'));
    }
  }
});

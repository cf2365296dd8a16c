import type { AgentInputItem } from '@openai/agents';
import { HistoryCache } from '../../session/historyCache';
import { StoredSession } from '../../session/storedSession';
import { checkEqual, checkThrows } from '../check';
import type { Cases } from '../harness';

const MAX_BYTES = 1_000_000;
const messages = (label: string, count: number): AgentInputItem[] =>
  Array.from({ length: count }, (_, index) => ({ role: 'user', content: `${label}${index + 1}` }));

export const caching: Cases = {
  'a session with a cache reads what is stored, whatever was written': async ({
    store,
    openStore,
    newId,
  }) => {
    const sessionId = newId();
    const plain = new StoredSession(await openStore(), { sessionId });
    const cache = new HistoryCache({ maxBytes: MAX_BYTES });
    for (const [what, write] of Object.entries<(session: StoredSession) => Promise<unknown>>({
      'an append': (session) => session.addItems(messages('a', 4)),
      'another append': (session) => session.addItems(messages('b', 2)),
      popItem: (session) => session.popItem(),
      'an append after popItem': (session) => session.addItems(messages('c', 1)),
      'a transaction': (session) =>
        session.applyHistoryTransaction({
          operationId: 'operation',
          transaction: {
            type: 'replace_suffix',
            expectedSuffix: messages('c', 1),
            replacement: messages('d', 3),
          },
        }),
      'a compaction': (session) =>
        session.rewriteHistory((items) => [...messages('summary', 1), ...items.slice(-3)]),
      'an append after a compaction': (session) => session.addItems(messages('e', 5)),
      clearSession: (session) => session.clearSession(),
      'an append after clearSession': (session) => session.addItems(messages('f', 9)),
    })) {
      const cached = (): StoredSession => new StoredSession(store, { sessionId, cache });
      await write(plain);
      const items = await plain.getItems();
      checkEqual(await cached().getItems(), items, `what a session with a cache reads after ${what}`);
      for (const limit of [1, 4, 100]) {
        checkEqual(await cached().getItems(limit), items.slice(-limit), `getItems(${limit}) after ${what}`);
      }
    }
  },

  'a session with a cache writes to what is stored': async ({ store, newId }) => {
    const sessionId = newId();
    const cache = new HistoryCache({ maxBytes: MAX_BYTES });
    const plain = new StoredSession(store, { sessionId });
    const cached = new StoredSession(store, { sessionId, cache });
    const fenced = new StoredSession(store, { sessionId, cache, concurrentWrites: 'reject' });
    await plain.addItems(messages('a', 3));
    await cached.getItems();
    await fenced.getItems();
    await plain.addItems(messages('b', 2));
    await checkThrows('CONFLICT', () => fenced.addItems(messages('c', 1)), 'a write to what was not seen');
    checkEqual(await cached.popItem(), messages('b', 2)[1], 'what popItem takes off');
    await cached.getItems();
    await fenced.getItems();
    await fenced.addItems(messages('c', 1));
    const expected = [...messages('a', 3), ...messages('b', 1), ...messages('c', 1)];
    checkEqual(await cached.getItems(), expected, 'what is stored after all, with a cache');
    checkEqual(await plain.getItems(), expected, 'what is stored after all');
  },
};

import type { AgentInputItem } from '@openai/agents';
import { StoredSession } from '../../session/storedSession';
import type { SessionStore } from '../../store/sessionStore';
import { checkEqual, checkThrows } from '../check';
import type { Cases } from '../harness';

const message = (content: string): AgentInputItem => ({ role: 'user', content });
const call = (args: string) =>
  ({ type: 'function_call', callId: 'c1', name: 'tool', status: 'completed', arguments: args }) as const;

/** A session object as each try of one step has it. */
const open = (store: SessionStore, sessionId: string, replayId = 'r1', isFenced = false): StoredSession =>
  new StoredSession(store, { sessionId, replayId, ...(isFenced && { concurrentWrites: 'reject' }) });

const append = (content: string, operationId: string) => ({
  operationId,
  transaction: { type: 'append_items' as const, items: [message(content)] },
});

const replaceCall = (callId: string) => ({
  mutations: [
    { type: 'replace_function_call' as const, callId, replacement: { ...call('replaced'), callId } },
  ],
});

/** Every kind of write that can be replayed, in the order in which the step makes them. */
const STEPS: readonly ((session: StoredSession, attempt: number) => Promise<void>)[] = [
  (session) => session.addItems([message('a'), call('1')]),
  // The SDK's Runner makes an id of its own for each try.
  (session, attempt) => session.applyHistoryTransaction(append('b', `o-${attempt}`)),
  (session) => session.applyHistoryMutations(replaceCall('c1')),
  (session) => session.applyHistoryMutations(replaceCall('unknown')),
  (session) => session.addItems([message('c'), message('d')]),
  (session) =>
    session.applyHistoryTransaction({
      operationId: 'o2',
      transaction: {
        type: 'replace_suffix',
        expectedSuffix: [message('d')],
        replacement: [message('e')],
      },
    }),
  (session) => session.addItems([message('e')]),
];
const WRITTEN = [message('a'), call('replaced'), message('b'), message('c'), message('e'), message('e')];

export const replays: Cases = {
  'each step that is made again, after whatever crash, is recognised': async ({
    store,
    openStore,
    newId,
  }) => {
    const id = newId();
    for (let attempt = 0; attempt <= STEPS.length; attempt++) {
      const session = open(await openStore(), id);
      for (const step of STEPS.slice(0, attempt)) await step(session, attempt);
    }
    const session = open(store, id);
    for (const step of STEPS) await step(session, -1);
    checkEqual(await session.getItems(), WRITTEN, 'what is stored');
  },

  'what others wrote meanwhile stays where it is': async ({ store, openStore, newId }) => {
    const id = newId();
    const other = new StoredSession(store, { sessionId: id });
    const first = open(store, id);
    await first.addItems([message('a')]);
    await other.addItems([message('x')]);
    await first.addItems([message('b')]);
    await other.addItems([message('y')]);
    const again = open(await openStore(), id);
    for (const content of ['a', 'b', 'c']) await again.addItems([message(content)]);
    checkEqual(await other.getItems(), ['a', 'x', 'b', 'y', 'c'].map(message), 'what is stored');
  },

  'another write in the place of one fails and changes nothing': async ({ store, openStore, newId }) => {
    const id = newId();
    const first = open(store, id);
    await first.addItems([message('a')]);
    await first.addItems([message('b')]);
    const writes: Record<string, (session: StoredSession) => Promise<void>> = {
      'another item': (session) => session.addItems([message('c')]),
      'one more item': (session) => session.addItems([message('a'), message('b')]),
      'a transaction': (session) => session.applyHistoryTransaction(append('a', 'o1')),
      'a mutation': (session) => session.applyHistoryMutations(replaceCall('c1')),
    };
    for (const [what, write] of Object.entries(writes)) {
      const again = open(await openStore(), id);
      await checkThrows('OPERATION_MISMATCH', () => write(again), what);
      await again.addItems([message('a')]);
      await again.addItems([message('b')]);
    }
    checkEqual(await first.getItems(), ['a', 'b'].map(message), 'what is stored');
  },

  'two replay ids, and a session without one, have nothing in common': async ({ store, newId }) => {
    const id = newId();
    for (const replayId of ['r1', 'r2', '["r1"', 'r1', 'r2']) {
      await open(store, id, replayId).addItems([message('a')]);
    }
    await new StoredSession(store, { sessionId: id }).addItems([message('a')]);
    checkEqual(await open(store, id).getItems(), ['a', 'a', 'a', 'a'].map(message), 'what is stored');
  },

  'a replayed write is no conflict, and a new one is held to what was read': async ({
    store,
    openStore,
    newId,
  }) => {
    const id = newId();
    const other = new StoredSession(store, { sessionId: id });
    const first = open(store, id, 'r1', true);
    await first.getItems();
    await first.addItems([message('a')]);
    await other.addItems([message('x')]);
    await checkThrows('CONFLICT', () => first.addItems([message('b')]), 'a write that has not seen x');

    const again = open(await openStore(), id, 'r1', true);
    await again.getItems();
    await other.addItems([message('y')]);
    await again.addItems([message('a')]);
    await checkThrows('CONFLICT', () => again.addItems([message('b')]), 'a write that has not seen y');

    const last = open(await openStore(), id, 'r1', true);
    await last.addItems([message('a')]);
    await last.addItems([message('b')]);
    checkEqual(await last.getItems(), ['a', 'x', 'y', 'b'].map(message), 'what is stored');
  },

  'writes are recognised after compactions, their own and those of others': async ({
    store,
    openStore,
    newId,
  }) => {
    const id = newId();
    const work = async (session: StoredSession): Promise<void> => {
      await session.addItems([message('a')]);
      await session.getItems();
      await session.replaceHistoryWithCompaction([message('short')]);
      await session.addItems([message('b')]);
    };
    await work(open(store, id));
    await work(open(await openStore(), id));
    const plain = new StoredSession(store, { sessionId: id });
    checkEqual(await plain.getItems(), ['short', 'b'].map(message), 'what is stored');

    await plain.rewriteHistory(() => [message('shorter')]);
    await work(open(await openStore(), id));
    checkEqual(await plain.getItems(), [message('shorter')], 'what is stored');
    const other = open(await openStore(), id);
    await other.addItems([message('a')]);
    await checkThrows(
      'OPERATION_MISMATCH',
      () => other.replaceHistoryWithCompaction([message('other')]),
      'another compaction',
    );
  },

  'of several who make the same writes at once each is there once': async ({ openStore, newId }) => {
    const id = newId();
    const tries = await Promise.all(Array.from({ length: 4 }, async () => open(await openStore(), id)));
    await Promise.all(
      tries.map((session) => Promise.all(['a', 'b', 'c'].map((each) => session.addItems([message(each)])))),
    );
    checkEqual(await tries[0]?.getItems(), ['a', 'b', 'c'].map(message), 'what is stored');
  },
};

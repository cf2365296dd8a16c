import type { AgentInputItem } from '@openai/agents';
import { StoredSession } from '../../session/storedSession';
import { checkEqual, checkRecords, checkThrows, commit } from '../check';
import type { Cases } from '../harness';

const message = (content: string): AgentInputItem => ({ role: 'user', content });
const compacted: AgentInputItem = { type: 'compaction', encrypted_content: 'summary' };

export const compaction: Cases = {
  'replaceHistoryWithCompaction puts the items in the place of all': async ({ store, openStore, newId }) => {
    const sessionId = newId();
    const session = new StoredSession(store, { sessionId });
    await session.addItems([message('a'), message('b')]);
    await session.replaceHistoryWithCompaction([compacted, message('b')]);
    await session.addItems([message('c')]);
    const other = new StoredSession(await openStore(), { sessionId });
    checkEqual(await other.getItems(), [compacted, message('b'), message('c')], 'after it');
  },

  'what others appended after the last full read is kept behind': async ({ store, openStore, newId }) => {
    const sessionId = newId();
    const session = new StoredSession(store, { sessionId });
    const other = new StoredSession(await openStore(), { sessionId });
    await session.addItems([message('a'), message('b')]);
    await session.getItems();
    await other.addItems([message('c')]);
    await other.addItems([message('d')]);
    await session.replaceHistoryWithCompaction([compacted]);
    checkEqual(await other.getItems(), [compacted, message('c'), message('d')], 'after it');
  },

  'a history that changed otherwise after the last full read is left alone': async ({
    store,
    openStore,
    newId,
  }) => {
    const sessionId = newId();
    const session = new StoredSession(store, { sessionId });
    const other = new StoredSession(await openStore(), { sessionId });
    await session.addItems([message('a'), message('b')]);
    await session.getItems();
    await other.popItem();
    await checkThrows('CONFLICT', () => session.replaceHistoryWithCompaction([compacted]), 'after a pop');
    checkEqual(await other.getItems(), [message('a')], 'what is stored');
    await session.getItems();
    await other.clearSession();
    await other.addItems([message('x')]);
    await checkThrows('CONFLICT', () => session.replaceHistoryWithCompaction([compacted]), 'after a clear');
    checkEqual(await other.getItems(), [message('x')], 'what is stored');
  },

  'rewriteHistory swaps in one commit and keeps what came meanwhile': async ({ store, openStore, newId }) => {
    const sessionId = newId();
    const session = new StoredSession(store, { sessionId });
    const other = new StoredSession(await openStore(), { sessionId });
    await session.addItems([message('a'), message('b')]);
    const result = await session.rewriteHistory(async (items) => {
      checkEqual(items, [message('a'), message('b')], 'what the rewrite is given');
      await other.addItems([message('c')]);
      return [compacted];
    });
    checkEqual(result, { status: 'rewritten', kept: 1 }, 'the result');
    checkEqual(await other.getItems(), [compacted, message('c')], 'after it');
  },

  'rewriteHistory leaves alone what changed otherwise, or what the rewrite declined': async ({
    store,
    openStore,
    newId,
  }) => {
    const sessionId = newId();
    const session = new StoredSession(store, { sessionId });
    const other = new StoredSession(await openStore(), { sessionId });
    await session.addItems([message('a'), message('b')]);
    const conflict = await session.rewriteHistory(async () => {
      await other.popItem();
      return [compacted];
    });
    checkEqual(conflict, { status: 'conflict' }, 'the result after a pop');
    checkEqual(
      await session.rewriteHistory(() => undefined),
      { status: 'declined' },
      'the result of declining',
    );
    checkEqual(await other.getItems(), [message('a')], 'what is stored');
  },

  'operation ids outlive a compaction': async ({ store, newId }) => {
    const session = new StoredSession(store, { sessionId: newId() });
    const args = {
      operationId: 'o1',
      transaction: { type: 'append_items' as const, items: [message('a')] },
    };
    await session.applyHistoryTransaction(args);
    await session.replaceHistoryWithCompaction([compacted]);
    await session.applyHistoryTransaction(args);
    checkEqual(await session.getItems(), [compacted], 'after the repetition');
  },

  'no compaction drops a corrupt record': async ({ store, newId }) => {
    const sessionId = newId();
    await commit(store, sessionId, { append: [JSON.stringify(message('a')), 'not JSON'] });
    const strict = new StoredSession(store, { sessionId });
    await checkThrows(
      'CORRUPT_RECORD',
      () => strict.replaceHistoryWithCompaction([compacted]),
      'a replacement',
    );
    await checkThrows('CORRUPT_RECORD', () => strict.rewriteHistory(() => []), 'a rewrite');
    const lenient = new StoredSession(store, { sessionId, onCorruptRecord: 'skip' });
    await lenient.replaceHistoryWithCompaction([message('b')]);
    checkEqual(await lenient.getItems(), [message('b')], 'the items after it');
    const { records } = await store.read(sessionId);
    await checkRecords(store, sessionId, ['not JSON', records[1] ?? '']);
  },
};

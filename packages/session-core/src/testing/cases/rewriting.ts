import type { AgentInputItem, SessionHistoryMutation } from '@openai/agents';
import { StoredSession } from '../../session/storedSession';
import type { SessionStore } from '../../store/sessionStore';
import { checkEqual, checkRecords, checkThrows, commit } from '../check';
import type { Cases } from '../harness';

type FunctionCall = Extract<AgentInputItem, { type: 'function_call' }>;

const message = (content: string): AgentInputItem => ({ role: 'user', content });
const call = (callId: string, args: string): FunctionCall => ({
  type: 'function_call',
  callId,
  name: 'tool',
  status: 'completed',
  arguments: args,
});
const replacement = (callId: string, args: string): SessionHistoryMutation => ({
  type: 'replace_function_call',
  callId,
  replacement: call(callId, args),
});

export const rewriting: Cases = {
  'the first call with the id is replaced in place, the others go': async ({ store, openStore, newId }) => {
    const sessionId = newId();
    const session = new StoredSession(store, { sessionId });
    await session.addItems([message('a'), call('c1', '1'), message('b')]);
    await session.addItems([call('c1', '2'), call('c2', '1'), message('c')]);
    await session.applyHistoryMutations({ mutations: [replacement('c1', '9')] });
    const expected = [message('a'), call('c1', '9'), message('b'), call('c2', '1'), message('c')];
    checkEqual(await session.getItems(), expected, 'what the writer reads');
    const other = new StoredSession(await openStore(), { sessionId });
    checkEqual(await other.getItems(), expected, 'what another reads');
  },

  'mutations are applied in order': async ({ store, newId }) => {
    const session = new StoredSession(store, { sessionId: newId() });
    await session.addItems([call('c1', '1'), call('c2', '1')]);
    await session.applyHistoryMutations({
      mutations: [replacement('c1', '2'), replacement('c2', '2'), replacement('c1', '3')],
    });
    checkEqual(await session.getItems(), [call('c1', '3'), call('c2', '2')], 'after three mutations');
  },

  'no mutation and no matching call change nothing': async ({ store, newId }) => {
    const sessionId = newId();
    const session = new StoredSession(store, { sessionId });
    await session.addItems([call('c1', '1')]);
    const { revision } = await store.read(sessionId);
    await session.applyHistoryMutations({ mutations: [] });
    await session.applyHistoryMutations({ mutations: [replacement('c2', '1')] });
    checkEqual((await store.read(sessionId)).revision, revision, 'the revision');
  },

  'a rewrite and an append at the same time both happen': async ({ openStore, newId }) => {
    const [rewriter, writer] = [await openStore(), await openStore()];
    for (let round = 0; round < 10; round++) {
      const sessionId = newId();
      const writing = new StoredSession(writer, { sessionId });
      await writing.addItems([call('c1', '1'), message('a')]);
      const append = (): Promise<void> => writing.addItems([message('b'), message('c')]);
      // In every other round, the append comes for certain between the read of the rewrite and its commit.
      const isBetween = round % 2 === 1;
      const rewriting = new StoredSession(isBetween ? interrupted(rewriter, append) : rewriter, {
        sessionId,
      });
      await Promise.all([
        rewriting.applyHistoryMutations({ mutations: [replacement('c1', '2')] }),
        isBetween ? undefined : append(),
      ]);
      const expected = [call('c1', '2'), message('a'), message('b'), message('c')];
      checkEqual(await writing.getItems(), expected, 'after both');
    }
  },

  'corrupt records stay where they are': async ({ store, newId }) => {
    const sessionId = newId();
    const [before, after] = [JSON.stringify(message('a')), JSON.stringify(message('b'))];
    await commit(store, sessionId, {
      append: [before, 'not JSON', JSON.stringify(call('c1', '1')), 'nor this', after],
    });
    const strict = new StoredSession(store, { sessionId });
    const mutations = [replacement('c1', '2')];
    await checkThrows('CORRUPT_RECORD', () => strict.applyHistoryMutations({ mutations }), 'a rewrite');
    const lenient = new StoredSession(store, { sessionId, onCorruptRecord: 'skip' });
    await lenient.applyHistoryMutations({ mutations });
    checkEqual(await lenient.getItems(), [message('a'), call('c1', '2'), message('b')], 'the items');
    const { records } = await store.read(sessionId);
    await checkRecords(store, sessionId, [before, 'not JSON', records[2] ?? '', 'nor this', after]);
  },

  'invalid mutations are refused before anything changes': async ({ store, newId }) => {
    const session = new StoredSession(store, { sessionId: newId() });
    await session.addItems([call('c1', '1')]);
    for (const args of [
      undefined,
      {},
      { mutations: {} },
      { mutations: [null] },
      { mutations: [replacement('c1', '2'), { type: 'other' }] },
      { mutations: [{ ...replacement('c1', '2'), callId: 1 }] },
      { mutations: [{ ...replacement('c1', '2'), replacement: message('a') }] },
    ]) {
      await checkThrows(
        'INVALID_ARGUMENT',
        () => session.applyHistoryMutations(args as never),
        args === undefined ? 'no arguments' : JSON.stringify(args),
      );
    }
    checkEqual(await session.getItems(), [call('c1', '1')], 'what is stored');
  },
};

/** The same store, which lets `meanwhile` happen before its first commit. */
function interrupted(store: SessionStore, meanwhile: () => Promise<void>): SessionStore {
  let isFirst = true;
  return {
    read: (...args) => store.read(...args),
    commit: async (...args) => {
      if (isFirst) {
        isFirst = false;
        await meanwhile();
      }
      return store.commit(...args);
    },
    clear: (...args) => store.clear(...args),
  };
}

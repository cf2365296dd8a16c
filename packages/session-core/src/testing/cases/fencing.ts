import type { AgentInputItem, RunContext } from '@openai/agents';
import type { SessionStore } from '../../store/sessionStore';
import { StoredSession } from '../../session/storedSession';
import { checkEqual, checkThrows } from '../check';
import type { Cases } from '../harness';
import { newRun } from '../newRun';

const message = (content: string): AgentInputItem => ({ role: 'user', content });
const call = (args: string) =>
  ({ type: 'function_call', callId: 'c1', name: 'tool', status: 'completed', arguments: args }) as const;
const fenced = (store: SessionStore, sessionId: string): StoredSession =>
  new StoredSession(store, { sessionId, concurrentWrites: 'reject' });

/** Every write that is fenced, of a history that holds the call and ends with c. */
const writesOf = (session: StoredSession, run?: RunContext): Record<string, () => Promise<unknown>> => ({
  addItems: () => session.addItems([message('x')], run),
  popItem: () => session.popItem(run),
  replaceHistoryWithCompaction: () => session.replaceHistoryWithCompaction([message('x')], run),
  applyHistoryMutations: () =>
    session.applyHistoryMutations(
      { mutations: [{ type: 'replace_function_call', callId: 'c1', replacement: call('2') }] },
      run,
    ),
  append_items: () =>
    session.applyHistoryTransaction(
      { operationId: 'o1', transaction: { type: 'append_items', items: [message('x')] } },
      run,
    ),
  replace_suffix: () =>
    session.applyHistoryTransaction(
      {
        operationId: 'o2',
        transaction: {
          type: 'replace_suffix',
          expectedSuffix: [message('c')],
          replacement: [message('x')],
        },
      },
      run,
    ),
});

export const fencing: Cases = {
  'the slower of two writers is refused until it reads again': async ({ store, openStore, newId }) => {
    const id = newId();
    const [faster, slower] = [fenced(store, id), fenced(await openStore(), id)];
    await faster.addItems([message('a'), call('1')]);
    await slower.getItems();
    await faster.getItems();
    await faster.addItems([message('b')]);
    await faster.addItems([message('c')]);
    for (const [what, attempt] of Object.entries(writesOf(slower)))
      await checkThrows('CONFLICT', attempt, what);
    const stored = [message('a'), call('1'), message('b'), message('c')];
    checkEqual(await faster.getItems(), stored, 'what is stored');
    await slower.getItems(1);
    await slower.addItems([message('d')]);
    checkEqual(await faster.getItems(), [...stored, message('d')], 'after the slower one read again');
  },

  'a writer that outlived a clear is refused': async ({ store, openStore, newId }) => {
    const id = newId();
    const [clearing, writing] = [fenced(store, id), fenced(await openStore(), id)];
    await clearing.addItems([message('a')]);
    await writing.getItems();
    await clearing.clearSession();
    await checkThrows('CONFLICT', () => writing.addItems([message('b')]), 'addItems after a clear');
    checkEqual(await clearing.getItems(), [], 'what is stored');
    await clearing.addItems([message('c')]);
    await checkThrows('CONFLICT', () => writing.addItems([message('b')]), 'addItems after the next write');
    checkEqual(await clearing.getItems(), [message('c')], 'what is stored');
  },

  'one object writes as often as it likes': async ({ store, newId }) => {
    const session = fenced(store, newId());
    await session.addItems([message('a')]);
    await session.addItems([message('b')]);
    await Promise.all([session.addItems([message('c')]), session.addItems([message('d')])]);
    checkEqual(await session.popItem(), message('d'), 'popItem');
    await session.applyHistoryTransaction({
      operationId: 'o1',
      transaction: { type: 'replace_suffix', expectedSuffix: [message('c')], replacement: [message('e')] },
    });
    await session.replaceHistoryWithCompaction([message('f')]);
    await session.clearSession();
    await session.addItems([message('g')]);
    checkEqual(await session.getItems(), [message('g')], 'what is stored');
  },

  'a run is held to what it read first, whatever it reads later': async ({ store, openStore, newId }) => {
    const id = newId();
    const [session, other] = [fenced(store, id), fenced(await openStore(), id)];
    const run = newRun();
    await session.addItems([message('a'), call('1')], run);
    await session.addItems([message('b')], run);
    await other.clearSession();
    const chat = [message('new'), call('1'), message('c')];
    await other.addItems(chat);
    checkEqual(await session.getItems(undefined, run), chat, 'what the run reads');
    for (const [what, attempt] of Object.entries(writesOf(session, run))) {
      await checkThrows('CONFLICT', attempt, what);
    }
    checkEqual(await other.getItems(), chat, 'what is stored');
  },

  'of two runs on one object, the slower one is refused, and the next goes on': async ({ store, newId }) => {
    const session = fenced(store, newId());
    const [faster, slower, next] = [newRun(), newRun(), newRun()];
    await session.getItems(undefined, faster);
    await session.getItems(undefined, slower);
    await session.addItems([message('a')], faster);
    await checkThrows('CONFLICT', () => session.addItems([message('x')], slower), 'the slower run');
    await session.addItems([message('b')], faster);
    await session.getItems(undefined, next);
    await session.addItems([message('c')], next);
    await session.addItems([message('d')]);
    checkEqual(await session.getItems(), ['a', 'b', 'c', 'd'].map(message), 'what is stored');
  },

  'a repeated transaction is no conflict': async ({ store, openStore, newId }) => {
    const id = newId();
    const [first, second] = [fenced(store, id), fenced(await openStore(), id)];
    const args = {
      operationId: 'o1',
      transaction: {
        type: 'replace_suffix' as const,
        expectedSuffix: [message('a')],
        replacement: [message('b')],
      },
    };
    await first.addItems([message('a')]);
    await second.getItems();
    await first.applyHistoryTransaction(args);
    await first.addItems([message('a')]);
    await second.applyHistoryTransaction(args);
    checkEqual(await first.getItems(), [message('b'), message('a')], 'what is stored');
  },
};

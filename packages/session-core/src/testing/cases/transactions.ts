import type { AgentInputItem, SessionHistoryTransaction } from '@openai/agents';
import type { SessionStore } from '../../store/sessionStore';
import { StoredSession } from '../../session/storedSession';
import { checkEqual, checkThrows } from '../check';
import type { Cases } from '../harness';

const message = (content: string): AgentInputItem => ({ role: 'user', content });
const append = (...contents: string[]): SessionHistoryTransaction => ({
  type: 'append_items',
  items: contents.map(message),
});
const replace = (expected: string[], replacement: string[]): SessionHistoryTransaction => ({
  type: 'replace_suffix',
  expectedSuffix: expected.map(message),
  replacement: replacement.map(message),
});

async function open(store: SessionStore, sessionId: string, ...contents: string[]): Promise<StoredSession> {
  const session = new StoredSession(store, { sessionId });
  await session.addItems(contents.map(message));
  return session;
}

async function checkContents(session: StoredSession, expected: string[], what: string): Promise<void> {
  checkEqual(await session.getItems(), expected.map(message), what);
}

export const transactions: Cases = {
  'append_items is applied once per operation id': async ({ store, openStore, newId }) => {
    const id = newId();
    const session = await open(store, id, 'a');
    const args = { operationId: 'o1', transaction: append('b', 'c') };
    await session.applyHistoryTransaction(args);
    await session.applyHistoryTransaction(args);
    await session.addItems([message('d')]);
    await new StoredSession(await openStore(), { sessionId: id }).applyHistoryTransaction(args);
    await checkContents(session, ['a', 'b', 'c', 'd'], 'after three times');
  },

  'replace_suffix is applied once per operation id': async ({ store, openStore, newId }) => {
    const id = newId();
    const session = await open(store, id, 'a', 'b', 'c');
    const args = { operationId: 'o1', transaction: replace(['b', 'c'], ['x']) };
    await session.applyHistoryTransaction(args);
    await session.applyHistoryTransaction(args);
    await session.addItems([message('b'), message('c')]);
    await session.applyHistoryTransaction(args);
    await new StoredSession(await openStore(), { sessionId: id }).applyHistoryTransaction(args);
    await checkContents(session, ['a', 'x', 'b', 'c'], 'after four times');
  },

  'another transaction under the same id fails and changes nothing': async ({ store, newId }) => {
    const session = await open(store, newId(), 'a');
    await session.applyHistoryTransaction({ operationId: 'o1', transaction: append('b') });
    for (const transaction of [
      append('c'),
      append('b', 'b'),
      append(),
      replace(['b'], ['c']),
      replace(['z'], ['c']),
    ]) {
      await checkThrows(
        'OPERATION_MISMATCH',
        () => session.applyHistoryTransaction({ operationId: 'o1', transaction }),
        JSON.stringify(transaction),
      );
    }
    await checkContents(session, ['a', 'b'], 'after the failures');
  },

  'a suffix that does not match fails, changes nothing and leaves the id free': async ({ store, newId }) => {
    const session = await open(store, newId(), 'a', 'b');
    for (const expected of [['a'], ['c', 'b'], ['x', 'a', 'b'], ['b', 'a']]) {
      await checkThrows(
        'SUFFIX_MISMATCH',
        () => session.applyHistoryTransaction({ operationId: 'o1', transaction: replace(expected, ['c']) }),
        expected.join(),
      );
    }
    await checkContents(session, ['a', 'b'], 'after the failures');
    await session.applyHistoryTransaction({ operationId: 'o1', transaction: replace(['b'], ['c']) });
    await checkContents(session, ['a', 'c'], 'after the match');
  },

  'a suffix is compared by structure: the order of keys does not matter, types do': async ({
    store,
    newId,
  }) => {
    const session = new StoredSession(store, { sessionId: newId() });
    await session.addItems([
      { role: 'user', content: 'a', providerData: { x: 1, y: [{ p: null, q: '1' }] } },
    ]);
    const expecting = (providerData: Record<string, unknown>, operationId: string) =>
      session.applyHistoryTransaction({
        operationId,
        transaction: {
          type: 'replace_suffix',
          expectedSuffix: [{ providerData, content: 'a', role: 'user' }],
          replacement: [message('b')],
        },
      });
    for (const other of [
      { x: '1', y: [{ p: null, q: '1' }] },
      { x: 1, y: [{ p: null, q: 1 }] },
      { x: 1, y: { 0: { p: null, q: '1' } } },
      { x: 1, y: [{ q: '1' }] },
      { x: 1, y: [{ p: null, q: '1' }], z: null },
    ]) {
      await checkThrows('SUFFIX_MISMATCH', () => expecting(other, 'o1'), JSON.stringify(other));
    }
    await expecting({ y: [{ q: '1', p: null }], x: 1 }, 'o2');
    await expecting({ x: 1, y: [{ p: null, q: '1' }] }, 'o2');
    await checkContents(session, ['b'], 'after the match and its repetition');
  },

  'an empty suffix, an empty replacement and an empty append are transactions too': async ({
    store,
    newId,
  }) => {
    const session = await open(store, newId(), 'a', 'b');
    await session.applyHistoryTransaction({ operationId: 'o1', transaction: replace([], ['c']) });
    await session.applyHistoryTransaction({ operationId: 'o1', transaction: replace([], ['c']) });
    await checkContents(session, ['a', 'b', 'c'], 'after an empty suffix');
    await session.applyHistoryTransaction({ operationId: 'o2', transaction: replace(['b', 'c'], []) });
    await session.applyHistoryTransaction({ operationId: 'o2', transaction: replace(['b', 'c'], []) });
    await checkContents(session, ['a'], 'after an empty replacement');
    await session.applyHistoryTransaction({ operationId: 'o3', transaction: append() });
    await checkThrows(
      'OPERATION_MISMATCH',
      () => session.applyHistoryTransaction({ operationId: 'o3', transaction: append('d') }),
      'the id of an empty append',
    );
  },

  'what is invalid is refused before anything changes': async ({ store, newId }) => {
    const session = await open(store, newId(), 'a');
    const transaction = append('b');
    const invalid: [unknown, string][] = [
      [undefined, 'no arguments'],
      [null, 'null'],
      [{ transaction }, 'no id'],
      [{ operationId: '', transaction }, 'an empty id'],
      [{ operationId: ' \n', transaction }, 'a blank id'],
      [{ operationId: 1, transaction }, 'a number as id'],
      [{ operationId: 'o1' }, 'no transaction'],
      [{ operationId: 'o1', transaction: { type: 'other', items: [] } }, 'an unknown type'],
      [{ operationId: 'o1', transaction: { type: 'append_items' } }, 'no items'],
      [{ operationId: 'o1', transaction: { type: 'append_items', items: {} } }, 'items that are no array'],
      [
        { operationId: 'o1', transaction: { type: 'append_items', items: ['b'] } },
        'an item that is no object',
      ],
      [{ operationId: 'o1', transaction: { type: 'append_items', items: [{}] } }, 'an item without a type'],
      [{ operationId: 'o1', transaction: { ...transaction, more: 1 } }, 'an unknown field'],
      [{ operationId: 'o1', transaction: { type: 'replace_suffix', expectedSuffix: [] } }, 'no replacement'],
      [{ operationId: 'o1', transaction: { type: 'replace_suffix', replacement: [] } }, 'no suffix'],
    ];
    for (const [args, what] of invalid) {
      await checkThrows('INVALID_ARGUMENT', () => session.applyHistoryTransaction(args as never), what);
    }
    const unserializable = { ...message('b'), providerData: { n: 1n } };
    await checkThrows(
      'UNSERIALIZABLE_ITEM',
      () =>
        session.applyHistoryTransaction({
          operationId: 'o1',
          transaction: { type: 'append_items', items: [unserializable] },
        }),
      'a BigInt',
    );
    await checkContents(session, ['a'], 'after the refusals');
    await session.applyHistoryTransaction({ operationId: 'o1', transaction });
    await checkContents(session, ['a', 'b'], 'the id is still free');
  },

  'clearSession forgets operation ids': async ({ store, newId }) => {
    const session = await open(store, newId());
    await session.applyHistoryTransaction({ operationId: 'o1', transaction: append('a') });
    await session.clearSession();
    await session.applyHistoryTransaction({ operationId: 'o1', transaction: append('b') });
    await checkContents(session, ['b'], 'after the clear');
  },

  'of one transaction tried by many at once exactly one is applied': async ({ store, openStore, newId }) => {
    const id = newId();
    const session = await open(store, id, 'a', 'b');
    const args = { operationId: 'o1', transaction: replace(['b'], ['c', 'b']) };
    const others = await Promise.all(
      Array.from({ length: 5 }, async () => new StoredSession(await openStore(), { sessionId: id })),
    );
    await Promise.all(others.map((other) => other.applyHistoryTransaction(args)));
    await checkContents(session, ['a', 'c', 'b'], 'after all');
  },
};

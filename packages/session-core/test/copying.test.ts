import type { AgentInputItem } from '@openai/agents';
import fc from 'fast-check';
import { MemoryStore, SessionError, SessionIndex, StoredSession } from '../src';
import { encryptWith } from '../src/encryption';
import {
  copySession,
  copySessions,
  exportSession,
  importSession,
  sessionIdsOf,
  type SessionCopy,
} from '../src/moving';
import type { CommitResult, HistoryChange, SessionStore } from '../src/store';
import { expectCode, message } from './support';

const messages = (...contents: string[]): AgentInputItem[] => contents.map(message);

/** Answers the n-th commit with an error, before or after it is made. */
function failing(memory: SessionStore, at: number, isMade: boolean): SessionStore {
  let commits = 0;
  const commit = async (sessionId: string, change: HistoryChange): Promise<CommitResult> => {
    const isFault = ++commits === at;
    if (isFault && !isMade) throw new SessionError('TIMEOUT', 'no answer');
    const result = await memory.commit(sessionId, change);
    if (isFault) throw new SessionError('TIMEOUT', 'no answer');
    return result;
  };
  return { read: memory.read.bind(memory), commit, clear: memory.clear.bind(memory) };
}

test('of a source that grows, killed anywhere and called again: all items are there once', async () => {
  const turn = fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ turn, at: fc.integer({ min: 1, max: 2 }), isMade: fc.boolean() }), {
        minLength: 1,
        maxLength: 6,
      }),
      async (steps) => {
        const source = new StoredSession(new MemoryStore());
        const memory = new MemoryStore();
        for (const step of steps) {
          await source.addItems(messages(...step.turn));
          const target = new StoredSession(failing(memory, step.at, step.isMade), { sessionId: 't' });
          await copySession(source, target).catch((error: unknown) => {
            if (!SessionError.is(error, 'TIMEOUT')) throw error;
          });
        }
        const target = new StoredSession(memory, { sessionId: 't' });
        const report = await copySession(source, target);
        const items = await source.getItems();
        expect(await target.getItems()).toEqual(items);
        expect(report).toMatchObject({ items: items.length, missed: 0, isOutdated: false });
        expect(await copySession(source, target)).toMatchObject({ digest: report.digest, written: 0 });
      },
    ),
  );
});

/** A session that somebody else changes right after it was read for the n-th time. */
function changedAfter(session: StoredSession, reads: number, change: () => Promise<void>) {
  let count = 0;
  return {
    getSessionId: () => session.getSessionId(),
    getItems: async () => {
      const items = await session.getItems();
      if (++count === reads) await change();
      return items;
    },
  };
}

test('it tells what it missed of a source that somebody writes to', async () => {
  const source = new StoredSession(new MemoryStore());
  await source.addItems(messages('a', 'b'));
  const target = new StoredSession(new MemoryStore());
  const growing = changedAfter(source, 1, () => source.addItems(messages('c')));
  expect(await copySession(growing, target)).toMatchObject({
    items: 2,
    written: 2,
    missed: 1,
    isOutdated: false,
  });
  expect(await copySession(source, target)).toMatchObject({ items: 3, written: 1, missed: 0 });
  const popping = changedAfter(source, 1, async () => {
    await source.popItem();
  });
  expect(await copySession(popping, target)).toMatchObject({ items: 3, missed: 0, isOutdated: true });
  // what is there now is not what the source begins with
  await expectCode('CONFLICT', () => copySession(source, target));
});

test('a target that holds something else, or that somebody writes to: CONFLICT, and nothing of it is lost', async () => {
  const source = new StoredSession(new MemoryStore());
  await source.addItems(messages('a', 'b'));
  const store = new MemoryStore();
  const target = new StoredSession(store, { sessionId: 't' });
  await target.addItems(messages('b'));
  await expectCode('CONFLICT', () => copySession(source, target));
  expect(await target.getItems()).toEqual(messages('b'));

  const other = new StoredSession(store, { sessionId: 'u' });
  await other.importItems(messages('a'));
  const interfering = Object.assign(new StoredSession(store, { sessionId: 'u' }), {
    getItems: async () => {
      const items = await other.getItems();
      await other.addItems(messages('theirs'));
      return items;
    },
  });
  await expectCode('CONFLICT', () => copySession(source, interfering));
  expect(await other.getItems()).toEqual(messages('a', 'theirs'));

  const third = new StoredSession(store, { sessionId: 'v' });
  let reads = 0;
  const written = Object.assign(new StoredSession(store, { sessionId: 'v' }), {
    getItems: async () => {
      if (++reads === 2) await third.addItems(messages('theirs'));
      return third.getItems();
    },
  });
  await expectCode('CONFLICT', () => copySession(source, written));
  expect(await third.getItems()).toEqual(messages('a', 'b', 'theirs'));
});

test('between encrypted sessions each has its own key, and title and metadata go along, in an export too', async () => {
  const keysOf = (byte: number) =>
    encryptWith({ keys: [new Uint8Array(32).fill(byte)], digestKey: new Uint8Array(32).fill(9) });
  const index = { owner: 'ada' };
  const from = new MemoryStore();
  const to = new MemoryStore();
  const source = new StoredSession(from, { sessionId: 's', encryption: keysOf(1), index });
  await source.addItems(messages('a', 'b'));
  await source.setDetails({ title: 'Chat', metadata: { topic: 'x' } });
  const target = new StoredSession(to, { sessionId: 's', encryption: keysOf(2), index });
  await copySession(source, target);
  expect(await target.getItems()).toEqual(messages('a', 'b'));
  expect(await target.getDetails()).toEqual({ title: 'Chat', metadata: { topic: 'x' } });

  const imported = new StoredSession(new MemoryStore(), { index });
  const { hasDetails } = await importSession(imported, exportSession(source));
  expect(hasDetails).toBe(true);
  expect(await imported.getDetails()).toEqual({ title: 'Chat', metadata: { topic: 'x' } });
  await imported.setDetails({ title: 'New' });
  await importSession(imported, exportSession(source));
  expect(await imported.getDetails()).toEqual({ title: 'New' });
  const unlisted = new StoredSession(new MemoryStore());
  await importSession(unlisted, exportSession(source));
  expect(await unlisted.getItems()).toEqual(messages('a', 'b'));
});

describe('of many sessions', () => {
  const index = { owner: 'ada' };

  test('all that are listed; one that fails does not end it, and is told', async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const open = (store: MemoryStore) => (sessionId: string) =>
      new StoredSession(store, { sessionId, index });
    for (let number = 0; number < 5; number++) await open(from)(`s${number}`).addItems(messages(`${number}`));
    await open(to)('s2').addItems(messages('something else'));
    const told: SessionCopy[] = [];
    const copy = () =>
      copySessions(sessionIdsOf(new SessionIndex(from, index)), {
        from: open(from),
        to: open(to),
        onProgress: (each) => told.push(each),
      });
    const report = await copy();
    expect(report).toMatchObject({
      sessions: 4,
      items: 4,
      incomplete: [{ sessionId: 's2', error: { code: 'CONFLICT' } }],
    });
    expect(told).toHaveLength(5);
    await open(to)('s2').clearSession();
    expect(await copy()).toEqual({ sessions: 5, items: 5, incomplete: [] });
    expect((await new SessionIndex(to, index).list()).sessions).toHaveLength(5);
  });

  test('its signal ends it between two sessions', async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const controller = new AbortController();
    const open = (store: MemoryStore) => (sessionId: string) => new StoredSession(store, { sessionId });
    for (const id of ['a', 'b']) await open(from)(id).addItems(messages(id));
    await expectCode('ABORTED', () =>
      copySessions(['a', 'b'], {
        from: open(from),
        to: open(to),
        signal: controller.signal,
        onProgress: () => controller.abort(),
      }),
    );
    expect(await open(to)('a').getItems()).toEqual(messages('a'));
    expect(await open(to)('b').getItems()).toEqual([]);
  });
});

import {
  NO_HISTORY,
  NO_SUCH_REVISION,
  type SessionStore,
  type StoredHistory,
} from '../../store/sessionStore';
import { check, checkEqual, commit, newIdempotencyKey, texts } from '../check';
import type { Cases } from '../harness';

/**
 * A store may answer with what came after a revision, or with the whole: these cases hold for either, and put together what it
 * answers as a caller would.
 */
export const readingAfter: Cases = {
  'what came after any earlier revision completes the history': async ({ store, newId }) => {
    const id = newId();
    const known: StoredHistory[] = [];
    for (const count of [1, 3, 1, 40, 2]) {
      await commit(store, id, { append: texts(`${known.length}-`, count) });
      known.push(await store.read(id));
    }
    for (const each of known) await checkComplete(store, id, each, 'after an earlier revision');
  },

  'what was committed with an operation, or twice, completes the history': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 2) });
    const known = await store.read(id);
    await commit(store, id, { operation: { id: 'o1', fingerprint: 'f1' } });
    await checkComplete(store, id, known, 'after an operation without records');
    const change = { idempotencyKey: newIdempotencyKey(), append: texts('b', 2) };
    await store.commit(id, change);
    await store.commit(id, change);
    await checkComplete(store, id, known, 'after a commit that arrived twice');
  },

  'after a drop, nothing that was taken off is left': async ({ store, newId }) => {
    for (const drop of [1, 3, 'all'] as const) {
      for (const count of [0, 1, 3, 9]) {
        const id = newId();
        await commit(store, id, { append: texts('a', 5) });
        const known = await store.read(id);
        await commit(store, id, { append: texts('b', 2) });
        await commit(store, id, { drop, append: texts('c', count) });
        await commit(store, id, { append: texts('d', 1) });
        await checkComplete(store, id, known, `after a drop of ${drop} and an append of ${count}`);
      }
    }
  },

  'a revision from after a drop is as good as any': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 5) });
    await commit(store, id, { drop: 2, append: texts('b', 1) });
    const known = await store.read(id);
    await commit(store, id, { append: texts('c', 2) });
    await checkComplete(store, id, known, 'after an append behind a drop');
    await commit(store, id, { drop: 1 });
    await checkComplete(store, id, known, 'after a drop of what came later');
  },

  'after a clear, nothing of before is left': async ({ store, newId }) => {
    for (const count of [0, 1, 3, 6]) {
      const id = newId();
      await commit(store, id, { append: texts('a', 3) });
      const known = await store.read(id);
      await store.clear(id);
      if (count > 0) await commit(store, id, { append: texts('b', count) });
      await checkComplete(store, id, known, `after a clear and an append of ${count}`);
    }
  },

  'a revision that this session never had gives the whole': async ({ store, newId }) => {
    const [id, other] = [newId(), newId()];
    await commit(store, other, { append: texts('b', 2) });
    await commit(store, id, { append: texts('a', 3) });
    const { revision } = await store.read(other);
    const { revision: own } = await store.read(id);
    for (const after of [revision, NO_SUCH_REVISION, 'x', `${own}x`, own.slice(0, -1)]) {
      const read = await store.read(id, { after });
      checkEqual(read.after, undefined, `what a read after the revision ${after} goes on from`);
      checkEqual(read.records, texts('a', 3), `a read after the revision ${after}`);
    }
    const nothing = await store.read(newId(), { after: revision });
    checkEqual(nothing, { records: [], revision: NO_HISTORY }, 'a read of nothing after a revision');
  },

  'what came after completes the history also while others write': async ({ store, openStore, newId }) => {
    const id = newId();
    const writer = await openStore();
    const states = new Map<string, string>();
    let records: string[] = [];
    let isDone = false;
    const write = async (): Promise<void> => {
      for (let round = 1; round <= 40; round++) {
        const append = texts(`r${round}-`, 2);
        const drop = round % 5 === 0 ? 1 : round % 19 === 0 ? ('all' as const) : 0;
        records = [...(drop === 'all' ? [] : records.slice(0, records.length - drop)), ...append];
        const text = records.join();
        states.set(await commit(writer, id, { drop, append }), text);
      }
    };
    const seen: StoredHistory[] = [];
    const read = async (): Promise<void> => {
      let known = await store.read(id);
      for (let reads = 1; !isDone; reads++) {
        known = await readOn(store, id, known);
        seen.push(known);
        if (reads % 16 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
    };
    await Promise.all([write().finally(() => (isDone = true)), read()]);
    for (const { revision, records: read } of seen) {
      if (revision !== NO_HISTORY) {
        checkEqual(read.join(), states.get(revision), `what was read at the revision ${revision}`);
      }
    }
  },
};

/** For stores that expire. */
export const readingAfterExpiry: Cases = {
  'after an expiry, nothing of before is left': async ({ openStore, elapse, newId }) => {
    const store = await openStore({ ttlSeconds: 1_000 });
    for (const count of [0, 1, 3, 6]) {
      const id = newId();
      await commit(store, id, { append: texts('a', 3) });
      const known = await store.read(id);
      await elapse(id, 1_001_000);
      if (count > 0) await commit(store, id, { append: texts('b', count) });
      await checkComplete(store, id, known, `after the expiry and an append of ${count}`);
    }
  },

  'what came after completes the history however often it was extended': async ({
    openStore,
    elapse,
    newId,
  }) => {
    const store = await openStore({ ttlSeconds: 1_000 });
    const id = newId();
    await commit(store, id, { append: texts('a', 3) });
    let known = await store.read(id);
    for (let round = 1; round <= 6; round++) {
      await elapse(id, 700_000);
      await commit(store, id, { append: texts(`r${round}-`, 2) });
      await checkComplete(store, id, known, `after the extension ${round}`);
      if (round % 3 === 0) known = await readOn(store, id, known);
    }
  },
};

/** The history as the caller knows it after a read of what came after `known`. */
async function readOn(store: SessionStore, id: string, known: StoredHistory): Promise<StoredHistory> {
  if (known.revision === NO_HISTORY) return store.read(id);
  const { records, revision, after } = await store.read(id, { after: known.revision });
  if (after === undefined) return { records, revision };
  checkEqual(after, known.revision, 'what a read goes on from');
  return { records: [...known.records, ...records], revision };
}

async function checkComplete(
  store: SessionStore,
  id: string,
  known: StoredHistory,
  what: string,
): Promise<void> {
  const whole = await store.read(id);
  const read = await readOn(store, id, known);
  check(
    !('after' in whole && whole.after !== undefined),
    `${what}: a read of all names no revision to go on from`,
  );
  checkEqual(read.records, whole.records, `${what}: the history, put together`);
  checkEqual(read.revision, whole.revision, `${what}: its revision`);
}

import { NO_HISTORY } from '../../store/sessionStore';
import { check, checkEqual, checkRecords, commit, texts, tryCommit } from '../check';
import type { Cases } from '../harness';

export const clearing: Cases = {
  'a cleared session is empty, at NO_HISTORY': async ({ store, openStore, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 3) });
    await store.clear(id);
    checkEqual(await store.read(id), { records: [], revision: NO_HISTORY }, 'a read');
    const other = await openStore();
    checkEqual(
      await other.read(id, { last: 5 }),
      { records: [], revision: NO_HISTORY },
      'a read by another store',
    );
  },

  'a clear of nothing does nothing': async ({ store, newId }) => {
    const id = newId();
    for (const what of ['the first clear', 'the second clear']) {
      await store.clear(id);
      checkEqual(await store.read(id), { records: [], revision: NO_HISTORY }, `a read after ${what}`);
    }
    await commit(store, id, { append: texts('a', 1), ifRevision: NO_HISTORY });
    await checkRecords(store, id, texts('a', 1));
  },

  'a cleared session can be written and cleared again': async ({ store, newId }) => {
    const id = newId();
    for (let round = 1; round <= 5; round++) {
      await commit(store, id, { append: texts(`a${round}`, 2) });
      await commit(store, id, { append: texts(`b${round}`, 1) });
      await checkRecords(store, id, [...texts(`a${round}`, 2), ...texts(`b${round}`, 1)]);
      await store.clear(id);
      await checkRecords(store, id, []);
    }
  },

  'a commit that saw the history before the clear conflicts': async ({ store, newId }) => {
    const id = newId();
    const ifRevision = await commit(store, id, { append: texts('a', 1) });
    await store.clear(id);
    const change = { append: texts('b', 1), ifRevision, lastSeen: ifRevision };
    checkEqual(await tryCommit(store, id, change), { status: 'conflict' }, 'a commit after the clear');
    await commit(store, id, { append: texts('c', 1), ifRevision: NO_HISTORY });
    checkEqual(await tryCommit(store, id, change), { status: 'conflict' }, 'a commit after the next write');
    await checkRecords(store, id, texts('c', 1));
  },

  'a clear leaves no content in the database': async ({ store, contains, newId }) => {
    const id = newId();
    const word = 'conspicuous';
    await commit(store, id, { append: texts(word, 2) });
    await commit(store, id, { drop: 1, append: [`{"text":"${word.repeat(100_000)}"}`] });
    check(await contains(id, word), 'the harness does not find what is stored');
    await store.clear(id);
    check(!(await contains(id, word)), 'the database still holds content after a clear');
  },

  'commits during a clear are before it or after it': async ({ openStore, newId }) => {
    const [writer, clearer] = [await openStore(), await openStore()];
    for (let round = 0; round < 10; round++) {
      const id = newId();
      const batches = Array.from({ length: 8 }, (_, index) => texts(`b${index}-`, 2));
      const writes = (async () => {
        for (const append of batches) await commit(writer, id, { append });
      })();
      await Promise.all([writes, clearer.clear(id)]);
      const { records } = await writer.read(id);
      const expected = records.length === 0 ? [] : batches.flat().slice(-records.length);
      checkEqual(records, expected, 'what is left: the end of what was written');
      check(records.length % 2 === 0, 'a clear took half a commit');
    }
  },
};

import { NO_HISTORY } from '../../sessionStore';
import { check, checkEqual, checkRecords, commit, texts } from '../check';
import type { Cases } from '../harness';

export const reading: Cases = {
  'a session never written is empty, at NO_HISTORY': async ({ store, newId }) => {
    const id = newId();
    checkEqual(await store.read(id), { records: [], revision: NO_HISTORY }, 'a read of all');
    checkEqual(await store.read(id, { last: 3 }), { records: [], revision: NO_HISTORY }, 'a read of the end');
  },

  'all records come back, oldest first': async ({ store, newId }) => {
    const id = newId();
    const records = texts('a', 6);
    await commit(store, id, { append: records.slice(0, 1) });
    await commit(store, id, { append: records.slice(1, 4) });
    await commit(store, id, { append: records.slice(4) });
    await checkRecords(store, id, records);
  },

  'the newest n records come back, oldest first': async ({ store, newId }) => {
    const id = newId();
    const records = texts('a', 12);
    for (const [from, to] of [
      [0, 5],
      [5, 6],
      [6, 12],
    ] as const) {
      await commit(store, id, { append: records.slice(from, to) });
    }
    for (const last of [1, 2, 6, 7, 11, 12, 13, 1_000, Number.MAX_SAFE_INTEGER]) {
      const history = await store.read(id, { last });
      checkEqual(history.records, records.slice(-last), `the newest ${last}`);
    }
  },

  'no record of a long history is missing': async ({ store, newId }) => {
    const id = newId();
    const records = texts('a', 300);
    for (let index = 0; index < 300; index += 3) {
      await commit(store, id, { append: records.slice(index, index + 3) });
    }
    await checkRecords(store, id, records);
    checkEqual((await store.read(id, { last: 150 })).records, records.slice(-150), 'the newest 150');
  },

  'another store over the same data reads the same': async ({ store, openStore, newId }) => {
    const id = newId();
    const revision = await commit(store, id, { append: texts('a', 3) });
    const other = await openStore();
    checkEqual(await other.read(id), { records: texts('a', 3), revision }, 'what the other store reads');
  },

  'a read never sees part of a commit': async ({ store, openStore, newId }) => {
    const id = newId();
    const batch = texts('a', 7);
    const writer = await openStore();
    const progress = { written: 0 };
    const writes = (async () => {
      for (; progress.written < 30; progress.written++) await commit(writer, id, { append: batch });
    })();
    while (progress.written < 30) {
      const { records } = await store.read(id);
      check(records.length % batch.length === 0, `a read saw ${records.length} records of commits of 7`);
    }
    await writes;
    checkEqual((await store.read(id)).records.length, 210, 'the records after all');
  },
};

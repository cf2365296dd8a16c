import { checkEqual, checkRecords, commit, texts } from '../check';
import type { Cases } from '../harness';

export const appending: Cases = {
  'the order within and across commits is kept': async ({ store, newId }) => {
    const id = newId();
    const [first, second, third] = [texts('z', 3), texts('m', 1), texts('a', 2)];
    for (const append of [first, second, third]) await commit(store, id, { append });
    await checkRecords(store, id, [...first, ...second, ...third]);
  },

  'equal records are all kept': async ({ store, newId }) => {
    const id = newId();
    const [record] = texts('same', 1) as [string];
    await commit(store, id, { append: [record, record] });
    await commit(store, id, { append: [record] });
    await checkRecords(store, id, [record, record, record]);
  },

  '250 records go in as one commit': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 250) });
    await checkRecords(store, id, texts('a', 250));
  },

  '10,000 records go in as one commit': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 10_000) });
    await checkRecords(store, id, texts('a', 10_000));
  },

  'records of several MB together go in as one commit': async ({ store, newId }) => {
    const id = newId();
    const large = Array.from({ length: 30 }, (_, index) => `{"text":"${String(index).repeat(100_000)}"}`);
    await commit(store, id, { append: texts('before', 2) });
    await commit(store, id, { append: large });
    await commit(store, id, { append: texts('after', 2) });
    await checkRecords(store, id, [...texts('before', 2), ...large, ...texts('after', 2)]);
    const end = await store.read(id, { last: 3 });
    checkEqual(end.records, [large[29], ...texts('after', 2)], 'the newest 3');
  },

  'what is read shares nothing with what was written': async ({ store, newId }) => {
    const id = newId();
    const bytes = Uint8Array.of(1, 2, 3);
    await commit(store, id, { append: [bytes] });
    bytes[0] = 9;
    await checkRecords(store, id, [Uint8Array.of(1, 2, 3)], 'after the caller changed its bytes');
    const { records } = await store.read(id);
    (records[0] as Uint8Array)[0] = 9;
    await checkRecords(store, id, [Uint8Array.of(1, 2, 3)], 'after a reader changed its bytes');
  },
};

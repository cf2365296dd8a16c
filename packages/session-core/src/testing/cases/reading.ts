import { NO_HISTORY } from '../../store/sessionStore';
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
    const writer = await openStore();
    const writing = { done: false };
    const write = async (): Promise<void> => {
      for (let round = 1; round <= 30; round++) await commit(writer, id, { append: texts('a', 7) });
    };
    await Promise.all([
      write().finally(() => (writing.done = true)),
      readWhile(writing, async () => {
        const { records } = await store.read(id);
        check(records.length % 7 === 0, `a read saw ${records.length} records of commits of 7`);
      }),
    ]);
    checkEqual((await store.read(id)).records.length, 210, 'how many records there are after all');
  },

  'a read never sees a drop without its append': async ({ store, openStore, newId }) => {
    const id = newId();
    const writer = await openStore();
    const writing = { done: false };
    const write = async (): Promise<void> => {
      for (let round = 1; round <= 30; round++) {
        const drop = round % 2 === 0 ? 'all' : 7;
        await commit(writer, id, { drop, append: texts(`r${round}-`, 7) });
      }
    };
    await commit(writer, id, { append: texts('r0-', 7) });
    await Promise.all([
      write().finally(() => (writing.done = true)),
      readWhile(writing, async () => {
        const { records } = await store.read(id);
        const [, label = ''] = /"(r\d+-)/.exec(String(records[0])) ?? [];
        checkEqual(records, texts(label, 7), 'what a read saw: one commit, whole');
      }),
    ]);
    await checkRecords(store, id, texts('r30-', 7));
  },

  'the records and the revision of a read are of one state': async ({ store, openStore, newId }) => {
    const id = newId();
    const writer = await openStore();
    const writing = { done: false };
    const lengths = new Map<string, number>([[NO_HISTORY, 0]]);
    const seen: { revision: string; length: number }[] = [];
    const write = async (): Promise<void> => {
      for (let length = 1; length <= 30; length++) {
        lengths.set(await commit(writer, id, { append: texts('a', 1) }), length);
      }
    };
    await Promise.all([
      write().finally(() => (writing.done = true)),
      readWhile(writing, async () => {
        const all = await store.read(id);
        const end = await store.read(id, { last: 1_000 });
        for (const { revision, records } of [all, end]) seen.push({ revision, length: records.length });
      }),
    ]);
    for (const { revision, length } of seen) {
      checkEqual(length, lengths.get(revision), `how many records a read saw at revision ${revision}`);
    }
  },
};

/** Reads again and again until `writing` is done; lets timers in, so that a writer that waits for one gets on. */
async function readWhile(writing: { readonly done: boolean }, read: () => Promise<void>): Promise<void> {
  for (let reads = 1; !writing.done; reads++) {
    await read();
    if (reads % 16 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
}

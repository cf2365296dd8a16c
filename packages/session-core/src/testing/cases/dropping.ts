import type { StoredRecord } from '../../store/sessionStore';
import { check, checkRecords, commit, texts } from '../check';
import type { Cases } from '../harness';

export const dropping: Cases = {
  'the newest go and the new ones come in one commit': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 5) });
    await commit(store, id, { drop: 2, append: texts('b', 3) });
    await checkRecords(store, id, [...texts('a', 3), ...texts('b', 3)]);
  },

  'a drop reaches across commits': async ({ store, newId }) => {
    const id = newId();
    for (const label of ['a', 'b', 'c', 'd']) await commit(store, id, { append: texts(label, 2) });
    await commit(store, id, { drop: 5 });
    await checkRecords(store, id, [...texts('a', 2), ...texts('b', 1)]);
  },

  'a drop reaches across hundreds of commits': async ({ store, newId }) => {
    const id = newId();
    const records = texts('a', 450);
    for (let index = 0; index < 450; index += 3) {
      await commit(store, id, { append: records.slice(index, index + 3) });
    }
    await commit(store, id, { drop: 400, append: texts('b', 1) });
    await checkRecords(store, id, [...texts('a', 50), ...texts('b', 1)]);
  },

  'drops add up': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 4) });
    await commit(store, id, { drop: 1 });
    await commit(store, id, { drop: 1, append: texts('b', 1) });
    await commit(store, id, { drop: 2 });
    await checkRecords(store, id, texts('a', 1));
  },

  'a drop of more than there are drops all there are': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 2) });
    await commit(store, id, { drop: 3, append: texts('b', 1) });
    await checkRecords(store, id, texts('b', 1));
    const empty = newId();
    await commit(store, empty, { drop: 3, append: texts('c', 1) });
    await checkRecords(store, empty, texts('c', 1));
  },

  "drop 'all' leaves what is appended": async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 40) });
    await commit(store, id, { append: texts('b', 40) });
    await commit(store, id, { drop: 'all', append: texts('summary', 1) });
    await checkRecords(store, id, texts('summary', 1));
    await commit(store, id, { append: texts('c', 2) });
    await checkRecords(store, id, [...texts('summary', 1), ...texts('c', 2)]);
    await commit(store, id, { drop: 'all' });
    await checkRecords(store, id, []);
  },

  "what drop 'all' takes off is gone from the database once the next commit is in": async ({
    store,
    contains,
    newId,
  }) => {
    const id = newId();
    const [early, large, late] = ['noticeable', 'conspicuous', 'remarkable'];
    await commit(store, id, { append: texts(early, 2) });
    await commit(store, id, { drop: 1, append: [`{"text":"${large.repeat(100_000)}"}`] });
    await commit(store, id, { append: texts(late, 1) });
    for (const word of [early, large, late]) {
      check(await contains(id, word), 'the harness does not find what is stored');
    }
    await commit(store, id, { drop: 'all', append: texts('summary', 1) });
    await commit(store, id, { append: texts('a', 1) });
    for (const word of [early, large, late]) {
      check(!(await contains(id, word)), `the database still holds ${word}, which was dropped with all`);
    }
    await checkRecords(store, id, [...texts('summary', 1), ...texts('a', 1)]);
  },

  'a session emptied by drops can be written again': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 2) });
    await commit(store, id, { drop: 2 });
    await checkRecords(store, id, []);
    await commit(store, id, { append: texts('b', 2) });
    await checkRecords(store, id, texts('b', 2));
  },

  'a long mix of drops and appends gives what a list would': async ({ store, newId }) => {
    const id = newId();
    let expected: StoredRecord[] = [];
    for (let round = 1; round <= 60; round++) {
      const drop = (round * 7) % 5;
      const append = texts(`r${round}-`, (round * 11) % 4);
      if (drop === 0 && append.length === 0) continue;
      await commit(store, id, { drop, append });
      expected = [...expected.slice(0, Math.max(0, expected.length - drop)), ...append];
      await checkRecords(store, id, expected, `after round ${round}`);
    }
  },
};

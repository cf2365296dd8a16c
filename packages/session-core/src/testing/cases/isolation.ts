import { checkRecords, commit, texts } from '../check';
import type { Cases } from '../harness';

const AWKWARD = [
  'a',
  'A',
  'a:b',
  'a:b:c',
  'a:items',
  'a:meta',
  'a:',
  ':a',
  '{a}',
  '{a',
  'a}',
  '}{',
  '{}',
  '%7Ba%7D',
  '%',
  '%25',
  '%257B',
  'a b',
  ' a',
  '\t',
  '\n',
  '\r\n',
  '\0',
  'a\0',
  '*',
  'a*',
  '?',
  '[a]',
  '\\',
  '/',
  '../a',
  "'",
  '"',
  '`',
  '$',
  '#',
  '&',
  ';',
  'ä',
  'a\u0308',
  'é',
  'ß',
  'İ',
  '日本',
  '💥',
  '\u200b',
  '\u2028',
  '\ufeff',
  '~',
  '~a',
  '~~a',
  '~a/b',
  'a/b',
  '__proto__',
  'constructor',
  '0',
  '-0',
  'null',
  '1e3',
  'true',
  '$bytes',
];

export const isolation: Cases = {
  'awkward ids are ids of their own': async ({ store, newId }) => {
    const tag = newId();
    const ids = [...AWKWARD.map((id) => `${id}|${tag}`), ...AWKWARD.map((id) => `${tag}|${id}`)];
    await Promise.all(ids.map((id, index) => commit(store, id, { append: texts(`n${index}-`, 2) })));
    await Promise.all(
      ids.map((id, index) => checkRecords(store, id, texts(`n${index}-`, 2), JSON.stringify(id))),
    );
  },

  'an id that is the start of another is an id of its own': async ({ store, newId }) => {
    const start = newId();
    const ids = Array.from({ length: 10 }, (_, index) => start + ':x'.repeat(index));
    for (const [index, id] of ids.entries()) await commit(store, id, { append: texts(`n${index}-`, 1) });
    for (const [index, id] of ids.entries()) await checkRecords(store, id, texts(`n${index}-`, 1));
  },

  'ids of 2,048 bytes differ in their last byte': async ({ store, newId }) => {
    const start = newId().padEnd(2_047, 'x');
    await commit(store, `${start}a`, { append: texts('a', 1) });
    await commit(store, `${start}b`, { append: texts('b', 1) });
    await checkRecords(store, `${start}a`, texts('a', 1));
    await checkRecords(store, `${start}b`, texts('b', 1));
  },

  'clearing and dropping leave other sessions alone': async ({ store, newId }) => {
    const start = newId();
    const ids = [start, `${start}*`, `${start}:items`, `${start}?`, `{${start}}`];
    for (const id of ids) await commit(store, id, { append: texts(id, 2) });
    await store.clear(`${start}*`);
    await commit(store, `{${start}}`, { drop: 'all' });
    await checkRecords(store, `${start}*`, []);
    await checkRecords(store, `{${start}}`, []);
    for (const id of [start, `${start}:items`, `${start}?`]) await checkRecords(store, id, texts(id, 2));
  },
};

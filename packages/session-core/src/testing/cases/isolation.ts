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
  'ﬁ',
  'fi',
  'ß',
  'ss',
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

  'ids of 2,048 bytes that differ in one character are ids of their own': async ({ store, newId }) => {
    const tag = newId();
    const rest = tag + 'ä'.repeat(500) + 'x'.repeat(2_047 - 1_000 - tag.length);
    const longest = ['a', 'b'].flatMap((letter) =>
      [0, 700, rest.length].map((place) => rest.slice(0, place) + letter + rest.slice(place)),
    );
    for (const [index, id] of longest.entries()) await commit(store, id, { append: texts(`n${index}-`, 2) });
    for (const [index, id] of longest.entries()) await checkRecords(store, id, texts(`n${index}-`, 2));
  },

  'clearing and dropping leave other sessions alone': async ({ store, newId }) => {
    const start = newId();
    const [others, patterns] = [
      [`${start}:items`, `${start}x`, `x${start}`, start.toUpperCase()],
      [
        start,
        `${start}*`,
        `${start}?`,
        `${start}%`,
        `${start}_`,
        `${start}.*`,
        `${start}[a-z]`,
        `{${start}}`,
      ],
    ];
    for (const id of [...others, ...patterns]) await commit(store, id, { append: texts(id, 2) });
    for (const [index, id] of patterns.entries()) {
      await (index % 2 === 0 ? store.clear(id) : commit(store, id, { drop: 'all' }));
      await checkRecords(store, id, [], id);
      const left = [...others, ...patterns.slice(index + 1)];
      for (const other of left) await checkRecords(store, other, texts(other, 2), other);
    }
  },
};

import { check, commit } from '../check';
import type { Cases } from '../harness';

/** Of a harness that gets these wrong, other cases would pass whatever the store does. */
export const harnessCases: Cases = {
  'createStore makes a new store at each call': async ({ store, openStore }) => {
    const stores = new Set([store, await openStore(), await openStore({})]);
    check(
      stores.size === 3,
      'createStore returned one object for several stores: cases on several writers would test a single one',
    );
  },

  'contains finds what is stored, as text, as bytes, and in large records, under its own id only': async ({
    store,
    contains,
    newId,
  }) => {
    const text = (word: string): string => `{"text":"${word}"}`;
    const stored = {
      'a text': text('conspicuous'),
      bytes: new TextEncoder().encode(text('conspicuous')),
      'a text of 1.1 MB': text('conspicuous'.repeat(100_000)),
      'bytes of 1.1 MB': new TextEncoder().encode(text('conspicuous'.repeat(100_000))),
    };
    const other = newId();
    await commit(store, other, { append: [text('other')] });
    for (const [what, record] of Object.entries(stored)) {
      const id = newId();
      await commit(store, id, { append: [record] });
      check(await contains(id, 'conspicuous'), `contains does not find ${what}`);
      check(!(await contains(other, 'conspicuous')), `contains finds ${what} of another session`);
    }
  },
};

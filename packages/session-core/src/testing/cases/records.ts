import type { StoredRecord } from '../../store/sessionStore';
import { checkRecords, commit } from '../check';
import type { Cases } from '../harness';

const KB = 1_024;

export const records: Cases = {
  'texts come back as they were': async ({ store, newId }) => {
    const id = newId();
    const append = [
      '',
      ' ',
      '\0',
      '\0\0x',
      '\n',
      'null',
      '0',
      '-1e9',
      'ÿ',
      'þÿ',
      'ä',
      'a\u0308',
      '💥',
      '\u2028',
      '\uffff',
      '\'"`',
    ];
    await commit(store, id, { append });
    await checkRecords(store, id, append);
  },

  // U+FEFF at the start is what decoders take for a byte order mark; U+0000 is what ends a string in C.
  'texts keep U+FEFF at their start, and U+0000': async ({ store, openStore, newId }) => {
    const id = newId();
    const long = 'ä'.repeat(250 * KB);
    const append = ['\ufeff', '\ufeff{"a":1}', '\ufeff\ufeffx', 'a\ufeff', '{"a\0b":"\0"}', '\0', 'a\0'];
    await commit(store, id, { append });
    // in records that a store has to put elsewhere, too
    await commit(store, id, { append: [`\ufeff${long}`, `${long}\0${long}`, '\ufeff'] });
    const expected = [...append, `\ufeff${long}`, `${long}\0${long}`, '\ufeff'];
    await checkRecords(await openStore(), id, expected);
  },

  'bytes come back as bytes, text as text': async ({ store, newId }) => {
    const id = newId();
    const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
    const append: StoredRecord[] = [
      Uint8Array.from({ length: 256 }, (_, byte) => byte),
      new Uint8Array(0),
      Uint8Array.of(0),
      Uint8Array.of(0xff),
      Uint8Array.of(0xff, 0xff, 0x7b),
      encode('{"a":1}'),
      '{"a":1}',
      encode(''),
      '',
    ];
    await commit(store, id, { append });
    await checkRecords(store, id, append);
  },

  'records of any size up to 5,000 KB come back as they were': async ({ store, newId }) => {
    for (const size of [1, 100, 350, 380, 390, 395, 398, 399, 400, 401, 800, 5_000]) {
      const id = newId();
      const text = `{"t":"${'ä'.repeat((size * KB - 8) / 2)}"}`;
      const bytes = new Uint8Array(size * KB).map((_, index) => index % 251);
      await commit(store, id, { append: ['{"a":1}', text] });
      await commit(store, id, { append: [bytes, '{"z":1}'] });
      await checkRecords(store, id, ['{"a":1}', text, bytes, '{"z":1}'], `with records of ${size} KB`);
    }
  },
};

import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { compressRecord, decompressRecord } from '../src/records/compression';
import { DICTIONARY_1 } from '../src/records/dictionary1';
import { itemText } from '../src/records/itemJson';
import { codecOf, plainCodec } from '../src/records/recordCodec';
import { anyStorable, isSame, itemWith, message } from './support';

const MIB = 1024 * 1024;
const compressing = codecOf({ compression: true });

const compressed = (text: string): Uint8Array => {
  const record = compressRecord(text);
  if (record === undefined) throw new Error('the text was not compressed');
  return record;
};

/** A record of the format, made without the limits of the writer. */
const forged = (content: string | Buffer): Uint8Array =>
  Buffer.concat([Buffer.of(1), deflateRawSync(content, { dictionary: Buffer.from(DICTIONARY_1) })]);

test('the dictionary is the one that records were written with', () => {
  expect(createHash('sha256').update(DICTIONARY_1).digest('hex')).toBe(
    '1ad84bbc3789c0da7ed7fc40b2e457181138c2afd82e600d8602b02281035b2e',
  );
  expect(Buffer.byteLength(DICTIONARY_1)).toBe(DICTIONARY_1.length);
});

describe('the round trip of items', () => {
  test('is exact, whatever the codec that reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStorable), async (values) => {
        const items = values.map(itemWith);
        const records = await compressing.encode(items.map((item) => itemText(item, 'item')));
        for (const codec of [compressing, plainCodec]) {
          expect(isSame(await codec.decode(records), items)).toBe(true);
        }
      }),
    );
  });

  test('keeps lone surrogates, which have no UTF-8', async () => {
    const items = [message(`${'text '.repeat(50)}\ud800`), itemWith({ '\udfff': '\ud83d'.repeat(50) })];
    const records = await compressing.encode(items.map((item) => itemText(item, 'item')));
    expect(records.map((record) => typeof record)).toEqual(['object', 'object']);
    expect(await compressing.decode(records)).toEqual(items);
  });
});

describe('a record', () => {
  test('is compressed where that is smaller', () => {
    fc.assert(
      fc.property(anyStorable, (value) => {
        const text = itemText(itemWith(value), 'item');
        const record = compressRecord(text);
        expect(record?.length ?? 0).toBeLessThan(Buffer.byteLength(text));
        if (record) expect([record[0], decompressRecord(record)]).toEqual([1, text]);
      }),
    );
    const random = createHash('sha512').update('no pattern').digest('base64url').slice(0, 40);
    expect(compressRecord(random)).toBeUndefined();
    expect(compressRecord('')).toBeUndefined();
  });

  test('takes a third of the bytes of an ordinary call, by the dictionary', () => {
    const call = itemText(
      { type: 'function_call', callId: 'call_1', name: 'find', status: 'completed', arguments: '{"id":7}' },
      'item',
    );
    expect(compressed(call).length).toBeLessThan(call.length / 3);
  });

  test('of up to 16 MiB is compressed and read; a larger one stays text', () => {
    const largest = 'x'.repeat(16 * MIB);
    expect(decompressRecord(compressed(largest))).toBe(largest);
    expect(compressRecord(`${largest}x`)).toBeUndefined();
    expect(compressRecord('€'.repeat(6 * MIB))).toBeUndefined();
  });
});

describe('what is no record of this format is corrupt', () => {
  test('one that inflates to more than 16 MiB, and no more than that is inflated', () => {
    const bomb = forged(Buffer.alloc(300 * 1_000_000, '{'));
    expect(bomb.length).toBeLessThan(300_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(decompressRecord(bomb)).toBeUndefined();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(18 * MIB);
    expect(decompressRecord(forged('x'.repeat(16 * MIB + 1)))).toBeUndefined();
  });

  test('at any length but its own', () => {
    const record = compressed(itemText(message('elephants and rhinoceroses'), 'item'));
    for (let length = 1; length < record.length; length++) {
      expect(decompressRecord(record.subarray(0, length))).toBeUndefined();
    }
    expect(decompressRecord(Buffer.concat([record, Buffer.of(0)]))).toBeUndefined();
    expect(decompressRecord(Buffer.concat([record, record]))).toBeUndefined();
  });

  test('text that is not UTF-8, or no item', () => {
    expect(decompressRecord(forged(Buffer.of(0x7b, 0xff, 0x7d)))).toBeUndefined();
    for (const text of ['', ' {}', '[]', '"a"', '{}x', '\ufeff{}', 'null']) {
      expect(plainCodec.decode([forged(text)])).toMatchObject([{ code: 'CORRUPT_RECORD' }]);
    }
  });

  test('any bytes: an item or a corrupt record, and no error quotes them', () => {
    const record = compressed(itemText(message('conspicuous, conspicuous and conspicuous'), 'item'));
    for (let at = 1; at < record.length; at++) {
      for (const bit of [1, 16, 128]) {
        const damaged = Uint8Array.from(record);
        damaged[at] = Number(damaged[at]) ^ bit;
        const [result] = plainCodec.decode([damaged]);
        if (!(result instanceof Error)) continue;
        expect(result).toMatchObject({ code: 'CORRUPT_RECORD' });
        expect(result.message).toBe('record 1 from the end of the history cannot be decoded');
      }
    }
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const [result] = plainCodec.decode([Uint8Array.of(1, ...bytes)]);
        expect(result).toMatchObject({ code: 'CORRUPT_RECORD' });
      }),
    );
  });
});

import { randomBytes } from 'node:crypto';
import type * as codecs from '../src/records/recordCodec';
import type { StoredRecord } from '../src/store';
import { conformanceCases } from '../src/testing';
import { memoryHarness } from './memoryHarness';

/*
 * What an encrypting codec will be like: it takes a while, its records are bytes that differ for equal items, and it reads
 * plain records as well. A session must rest on nothing that only the plain codec has.
 */
jest.mock('../src/records/recordCodec', () => {
  const actual = jest.requireActual<typeof codecs>('../src/records/recordCodec');
  const { plainCodec } = actual;
  /** Of no record that a codec writes. */
  const FORMAT = 0xfe;
  const NONCE_BYTES = 8;
  const seal = (text: string): StoredRecord =>
    Buffer.concat([Buffer.of(FORMAT), randomBytes(NONCE_BYTES), Buffer.from(text)]);
  const opened = (record: StoredRecord): StoredRecord =>
    typeof record !== 'string' && record[0] === FORMAT
      ? Buffer.from(record.subarray(1 + NONCE_BYTES)).toString()
      : record;
  const later = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(() => resolve(value)));
  const codec: codecs.RecordCodec = {
    reader: {},
    encode: (texts) => later(texts.map(seal)),
    decode: (records) => later(plainCodec.decode(records.map(opened))),
    countOutdated: () => 0,
    digest: (text) => later(plainCodec.digest(`another key: ${text}`)),
  };
  return { ...actual, codecOf: () => codec };
});

describe('sessions with another codec', () => {
  for (const { name, run } of conformanceCases(memoryHarness())) test(name, run);
});

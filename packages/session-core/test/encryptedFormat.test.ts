import type { KeyObject } from 'node:crypto';
import type { AgentInputItem } from '@openai/agents';
import { encryptWith, keyTag } from '../src/encryption';
import { encryptUnder } from '../src/encryption/cipher';
import { bindingOf, MasterKey } from '../src/encryption/masterKey';
import { itemTexts } from '../src/records/itemJson';
import { codecOf, type RecordCodec } from '../src/records/recordCodec';
import * as format2 from './fixtures/encryptedRecords';
import { isSame } from './support';

/* What was encrypted once is read by every later version that has the key. */

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const { text, compressed } = format2;

describe.each(format2.sessions)('format 0x02 of $storedId in context "$context"', (session) => {
  const { context, storedId } = session;

  function codec(compression: boolean): RecordCodec {
    const encryption = encryptWith({
      keys: [Buffer.alloc(32, 1), bytes(format2.key)],
      digestKey: bytes(format2.digestKey),
      context,
    });
    return encryption.codecOf({ storedId, scope: undefined }, codecOf({ compression }));
  }

  test.each([false, true])('is read as it was stored, with compression %s', async (compression) => {
    const records = [bytes(session.text), bytes(session.compressed)];
    expect(isSame(await codec(compression).decode(records), [text.item, compressed.item])).toBe(true);
  });

  test('is written as it was', async () => {
    const master = new MasterKey(bytes(format2.key), 'the key');
    const secret: KeyObject = master.recordsKey(bindingOf(context, { storedId, scope: undefined }));
    const key = { tag: master.tag, secret };
    expect(master.tag).toBe(format2.keyTag);
    for (const [which, isCompressed] of [
      ['text', false],
      ['compressed', true],
    ] as const) {
      const { nonce, item } = format2[which];
      const [record = ''] = await codecOf({ compression: isCompressed }).encode(
        itemTexts([item as AgentInputItem]),
      );
      // DEFLATE may write the same in another way, so of what is compressed only the header is compared.
      const written = Buffer.from(encryptUnder(bytes(nonce), record, key)).toString('hex');
      const expected = session[which];
      if (isCompressed) expect(written.slice(0, 60)).toBe(expected.slice(0, 60));
      else expect(written).toBe(expected);
    }
  });

  test('recognises the operations that were stored', async () => {
    expect(await codec(false).digest('"operation-1"')).toBe(session.digest);
  });
});

test('the tag of a key is that of the fixture', () => {
  expect(keyTag(bytes(format2.key))).toBe(format2.keyTag);
});

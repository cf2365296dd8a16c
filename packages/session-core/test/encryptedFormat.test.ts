import { createCipheriv, type KeyObject } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
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
const BOMB = deflateRawSync(Buffer.alloc(17 * 1024 * 1024, ' '));

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

  /** By what docs/encryption.md says, and nothing of the sources. */
  function recordOf(flags: number, content: Uint8Array, secret: KeyObject): Uint8Array {
    const nonce = Buffer.alloc(12, 3);
    const header = Buffer.concat([Buffer.of(2, flags), bytes(format2.keyTag), nonce]);
    const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(header);
    return Buffer.concat([header, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  }

  test.each([
    ['of the text in it', 0, Buffer.from('{"a":1}'), undefined],
    ['with flags of a later version', 2, Buffer.from('{"a":1}'), 'UNSUPPORTED_FORMAT'],
    ['that holds a record of a later version', 1, Buffer.of(9), 'UNSUPPORTED_FORMAT'],
    ['that holds no item', 0, Buffer.alloc(0), 'CORRUPT_RECORD'],
    ['that inflates to 17 MiB', 1, Buffer.concat([Buffer.of(1), BOMB]), 'CORRUPT_RECORD'],
  ] as const)('of another writer, %s, is told for what it is', async (_what, flags, content, code) => {
    const secret = new MasterKey(bytes(format2.key), 'the key').recordsKey(
      bindingOf(context, { storedId, scope: undefined }),
    );
    const [decoded] = await codec(false).decode([recordOf(flags, content, secret)]);
    if (code === undefined) expect(decoded).toEqual({ a: 1 });
    else expect(decoded).toMatchObject({ code });
  });

  test('recognises the operations that were stored', async () => {
    expect(await codec(false).digest('"operation-1"')).toBe(session.digest);
  });
});

test('the tag of a key is that of the fixture', () => {
  expect(keyTag(bytes(format2.key))).toBe(format2.keyTag);
});

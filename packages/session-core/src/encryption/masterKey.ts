import { Buffer } from 'node:buffer';
import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { TAG_BYTES } from '../records/encryptedRecord';
import type { EncryptedSession } from '../records/sessionEncryption';
import { SessionError } from '../store/errors';

const KEY_BYTES = 32;

/*
 * What is derived, each by HKDF-SHA256 (RFC 5869) without salt, and with a label of its own: 16 bytes that name the key and
 * commit to it, and 32 bytes for the records, or the digests, of one session. These are part of format 0x02.
 */
const TAG = 'agent-sessions tag 1';
const RECORDS = 'agent-sessions records 1';
const DIGESTS = 'agent-sessions digests 1';

/** A digest of the context and the stored id, each with its length before it, so that no two pairs have the same. */
export function bindingOf(context: string, { storedId }: EncryptedSession): Buffer {
  return createHash('sha256').update(lengthPrefixed(context)).update(lengthPrefixed(storedId)).digest();
}

/** A key that somebody keeps, from which those that work are derived. It is never used itself. */
export class MasterKey {
  /** In hex; see `keyTag`. */
  readonly tag: string;
  readonly #secret: KeyObject;

  /**
   * @param name - names the key in errors.
   * @throws `INVALID_ARGUMENT`
   */
  constructor(bytes: unknown, name: string) {
    if (!(bytes instanceof Uint8Array) || bytes.length !== KEY_BYTES) {
      throw new SessionError(
        'INVALID_ARGUMENT',
        `${name} must be ${KEY_BYTES} random bytes, as a Uint8Array`,
      );
    }
    // Of random bytes, one in 10^13 keys is.
    if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) {
      throw new SessionError('INVALID_ARGUMENT', `${name} is a text: a key is ${KEY_BYTES} random bytes`);
    }
    this.#secret = createSecretKey(bytes);
    this.tag = this.#derive(TAG, Buffer.alloc(0), TAG_BYTES).toString('hex');
  }

  /** Encrypts and decrypts the records of one session. */
  recordsKey(session: Buffer): KeyObject {
    return createSecretKey(this.#derive(RECORDS, session, KEY_BYTES));
  }

  /** For the HMACs of one session. */
  digestsKey(session: Buffer): KeyObject {
    return createSecretKey(this.#derive(DIGESTS, session, KEY_BYTES));
  }

  #derive(label: string, binding: Buffer, bytes: number): Buffer {
    const info = Buffer.concat([lengthPrefixed(label), binding]);
    return Buffer.from(hkdfSync('sha256', this.#secret, '', info, bytes));
  }
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

import { createHmac, type KeyObject } from 'node:crypto';
import type { AgentInputItem } from '@openai/agents';
import { keyTagOf, unknownKey } from '../records/encryptedRecord';
import { corrupt, unsupported, type RecordCodec } from '../records/recordCodec';
import type { EncryptedSession, SessionEncryption } from '../records/sessionEncryption';
import { SessionError } from '../store/errors';
import type { StoredRecord } from '../store/sessionStore';
import { copiesIn, decrypt, encrypt, isEncrypted, type RecordsKey } from './cipher';
import type { KeySource } from './keySource';
import { bindingOf, type MasterKey } from './masterKey';

/** What the option `plaintext` says; see `EncryptionRules`. */
export type PlaintextRule = 'refuse' | 'read' | 'write';

export interface EncryptedCodecOptions {
  readonly reader: SessionEncryption;
  readonly keys: KeySource;
  readonly context: string;
  readonly plaintext: PlaintextRule;
}

/** The codec of one session whose records are encrypted, around that of plain records. */
export class EncryptedCodec implements RecordCodec {
  readonly reader: SessionEncryption;
  readonly otherDigest: RecordCodec['otherDigest'];
  readonly #plain: RecordCodec;
  readonly #keys: KeySource;
  readonly #plaintext: PlaintextRule;
  readonly #scope: string | undefined;
  readonly #binding: Buffer;
  /** By the tag of the master key, which may be fetched any number of times. */
  readonly #records = new Map<string, RecordsKey>();
  readonly #digests = new Map<string, KeyObject>();

  constructor(session: EncryptedSession, plain: RecordCodec, options: EncryptedCodecOptions) {
    this.reader = options.reader;
    this.#plain = plain;
    if (options.plaintext === 'read') this.otherDigest = (text) => plain.digest(text);
    if (options.plaintext === 'write') this.otherDigest = (text) => this.#keyedDigest(text);
    this.#keys = options.keys;
    this.#plaintext = options.plaintext;
    this.#scope = session.scope;
    this.#binding = bindingOf(options.context, session);
  }

  async encode(texts: readonly string[]): Promise<StoredRecord[]> {
    const records = await this.#plain.encode(texts);
    if (this.#plaintext === 'write') return records;
    const { newest } = await this.#keys.ofScope(this.#scope);
    return encrypt(records, this.#recordsKey(newest));
  }

  async decode(
    records: readonly StoredRecord[],
    before: readonly StoredRecord[] = [],
  ): Promise<(AgentInputItem | SessionError)[]> {
    const keys = await this.#keysFor(records);
    const copies = copiesIn(records, before);
    const opened = records.map((record, place) => {
      const position = records.length - place;
      if (!isEncrypted(record)) return record;
      return copies.has(place) ? corrupt(position) : open(record, position, keys);
    });
    const items = await this.#plain.decode(opened.map((each) => (SessionError.is(each) ? '' : each)));
    return items.map((item, place) => {
      const each = opened[place];
      if (SessionError.is(each)) return each;
      const isAllowed = this.#plaintext !== 'refuse' || SessionError.is(item) || each !== records[place];
      return isAllowed ? item : unencrypted(records.length - place);
    });
  }

  async digest(text: string): Promise<string> {
    return this.#plaintext === 'write' ? this.#plain.digest(text) : this.#keyedDigest(text);
  }

  async countOutdated(records: readonly StoredRecord[]): Promise<number> {
    if (this.#plaintext === 'write') return records.filter(isEncrypted).length;
    // Another process may have rotated the key since: who asks is about to do without the older ones.
    const { newest } = await this.#keys.ofScope(this.#scope, true);
    return records.filter((record) => !isEncrypted(record) || keyTagOf(record) !== newest.tag).length;
  }

  async #keyedDigest(text: string): Promise<string> {
    const { digests } = await this.#keys.ofScope(this.#scope);
    const key = derived(this.#digests, digests, () => digests.digestsKey(this.#binding));
    return createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url');
  }

  /**
   * The keys of those records that there is one for, by tag; up to the first that there is none for. Its error is the first that
   * is thrown, and so many hostile records cost a service no more than one question.
   */
  async #keysFor(records: readonly StoredRecord[]): Promise<ReadonlyMap<string, RecordsKey>> {
    const tags = new Set(records.flatMap((record) => (isEncrypted(record) && keyTagOf(record)) || []));
    const keys = new Map<string, RecordsKey>();
    for (const tag of tags) {
      const key = await this.#keys.byTag(tag, this.#scope);
      if (!key) break;
      keys.set(tag, this.#recordsKey(key));
    }
    return keys;
  }

  #recordsKey(key: MasterKey): RecordsKey {
    return derived(this.#records, key, () => ({ tag: key.tag, secret: key.recordsKey(this.#binding) }));
  }
}

function open(
  record: Uint8Array,
  position: number,
  keys: ReadonlyMap<string, RecordsKey>,
): StoredRecord | SessionError {
  const tag = keyTagOf(record);
  if (tag === undefined) return corrupt(position);
  const key = keys.get(tag);
  if (key === undefined) return unknownKey(tag, position);
  const decrypted = decrypt(record, key);
  if (decrypted === 'unsupported') return unsupported(record[0] ?? 0, position);
  return decrypted?.record ?? corrupt(position);
}

/** Deriving takes about as long as encrypting a few records. */
function derived<T>(known: Map<string, T>, { tag }: MasterKey, derive: () => T): T {
  const found = known.get(tag) ?? derive();
  known.set(tag, found);
  return found;
}

function unencrypted(position: number): SessionError {
  return new SessionError(
    'UNENCRYPTED_RECORD',
    `record ${position} from the end is not encrypted, and this session reads no such records`,
  );
}

import { mapElements, readFields } from '../arguments/readArguments';
import { SessionError } from '../store/errors';
import type { ScopeKeys } from './keySource';
import { MasterKey } from './masterKey';

/** Keys as somebody keeps them: 32 random bytes each, never passwords. */
export interface EncryptionKeys {
  /** The newest first: it encrypts, and all of them decrypt. At least one. */
  readonly keys: readonly Uint8Array[];
  /**
   * For the HMACs by which a repeated transaction, replay or fork is recognised. It stays the same for as long as the sessions
   * live, whatever becomes of the others: under another one, what is repeated is not recognised and is done twice.
   */
  readonly digestKey: Uint8Array;
}

/**
 * The name of a key in the records that are encrypted with it, 32 hex digits: to keep beside the key, where a provider is asked
 * for keys by it. It tells nothing of the key.
 *
 * @throws `INVALID_ARGUMENT` for what is no key.
 */
export function keyTag(key: Uint8Array): string {
  return new MasterKey(key, 'the key').tag;
}

/** @throws `INVALID_ARGUMENT` */
export function takeKeys(given: unknown): ScopeKeys {
  const { keys, digestKey } = readFields(given, 'the keys');
  const masters = mapElements(keys, 'keys', (key, path) => new MasterKey(key, path));
  const [newest] = masters;
  if (newest === undefined) throw new SessionError('INVALID_ARGUMENT', 'keys must have at least one key');
  return {
    newest,
    byTag: new Map(masters.map((key) => [key.tag, key])),
    digests: new MasterKey(digestKey, 'digestKey'),
  };
}

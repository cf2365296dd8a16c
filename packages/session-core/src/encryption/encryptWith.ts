import { assertOneOf } from '../arguments/assertOneOf';
import { assertPositiveInteger } from '../arguments/assertPositiveInteger';
import { readFields } from '../arguments/readArguments';
import type { SessionEncryption } from '../records/sessionEncryption';
import { LONGEST_TIMEOUT_MS } from '../store/storeOptions';
import { EncryptedCodec, type PlaintextRule } from './encryptedCodec';
import { takeKeys, type EncryptionKeys } from './encryptionKeys';
import type { KeySource } from './keySource';
import { ProvidedKeys, type KeyProvider, type ProvidedKeysLimits } from './providedKeys';
import { invalid } from '../arguments/invalid';

const DEFAULT_MAX_AGE_SECONDS = 300;
const LONGEST_MAX_AGE_SECONDS = 86_400;
const DEFAULT_TIMEOUT_MS = 15_000;

/** How sessions are encrypted, whatever their keys. */
export interface EncryptionRules {
  /**
   * What is encrypted is bound to it, beside the stored id, which has the scope in it: for instance the name of a deployment
   * whose records must not be taken for those of another one. It stays the same for as long as the sessions live. Default `''`.
   */
  readonly context?: string | undefined;
  /**
   * `'refuse'` (default): a record that is not encrypted is `UNENCRYPTED_RECORD`. For the time in which live sessions go over
   * from plaintext: `'read'` reads such records and encrypts what it writes; `'write'` reads both and writes plaintext, for the
   * first of two deployments, while there are processes without the keys.
   */
  readonly plaintext?: PlaintextRule | undefined;
}

export interface StaticEncryptionOptions extends EncryptionRules, EncryptionKeys {}

export interface ProvidedEncryptionOptions extends EncryptionRules {
  readonly keys: KeyProvider;
  /**
   * How long keys are used without asking the provider again, in whole seconds from 1 to 86,400. Default 300. For so long, other
   * processes do not notice that a key was rotated or deleted.
   */
  readonly maxAgeSeconds?: number | undefined;
  /**
   * Milliseconds that the provider may take for one answer, from 1 to 1,800,000 (half an hour); default 15,000. They come on top
   * of a store's `timeoutMs`. After them, the call is `KEYS_UNAVAILABLE`, and the next one asks again.
   */
  readonly timeoutMs?: number | undefined;
}

/**
 * Encrypts the records of sessions with AES-256-GCM: the option `encryption` of any session. The key of each session is
 * derived from the newest of the keys, the context and the stored id. Make one per process, and give it to every session: a
 * `HistoryCache` shares what it holds between those with the same one only.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function encryptWith(options: StaticEncryptionOptions | ProvidedEncryptionOptions): SessionEncryption {
  const {
    context = '',
    plaintext = 'refuse',
    keys,
    digestKey,
    maxAgeSeconds,
    timeoutMs,
  } = readFields(options, 'the argument');
  if (typeof context !== 'string' || /\p{Surrogate}/u.test(context))
    throw invalid('context must be a well-formed string');
  assertOneOf('plaintext', plaintext, ['refuse', 'read', 'write']);
  const source = sourceOf({ keys, digestKey, maxAgeSeconds, timeoutMs });
  const encryption: SessionEncryption = {
    codecOf: (session, plain) =>
      new EncryptedCodec(session, plain, {
        reader: encryption,
        keys: source,
        context,
        plaintext: plaintext as PlaintextRule,
      }),
  };
  return encryption;
}

function sourceOf({
  keys,
  digestKey,
  maxAgeSeconds,
  timeoutMs,
}: Readonly<Record<'keys' | 'digestKey' | 'maxAgeSeconds' | 'timeoutMs', unknown>>): KeySource {
  if (isProvider(keys)) {
    if (digestKey !== undefined) throw invalid('digestKey is what the provider returns beside the keys');
    return new ProvidedKeys(keys, limitsOf(maxAgeSeconds, timeoutMs));
  }
  if (maxAgeSeconds !== undefined) throw invalid('maxAgeSeconds is for the keys of a provider');
  if (timeoutMs !== undefined) throw invalid('timeoutMs is for the keys of a provider');
  const taken = takeKeys({ keys, digestKey });
  return { ofScope: () => taken, byTag: (tag) => taken.byTag.get(tag) };
}

function isProvider(keys: unknown): keys is KeyProvider {
  if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) return false;
  const { forScope, byTag } = keys as Partial<Record<keyof KeyProvider, unknown>>;
  if (typeof forScope === 'function' && typeof byTag === 'function') return true;
  throw invalid('keys must be an array of keys, or a provider with forScope and byTag');
}

function limitsOf(
  maxAgeSeconds: unknown = DEFAULT_MAX_AGE_SECONDS,
  timeoutMs: unknown = DEFAULT_TIMEOUT_MS,
): ProvidedKeysLimits {
  assertPositiveInteger('maxAgeSeconds', maxAgeSeconds, LONGEST_MAX_AGE_SECONDS);
  assertPositiveInteger('timeoutMs', timeoutMs, LONGEST_TIMEOUT_MS);
  return { maxAgeMs: maxAgeSeconds * 1_000, timeoutMs };
}

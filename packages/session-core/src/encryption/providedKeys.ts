import { SessionError } from '../store/errors';
import { AgingValues } from './agingValues';
import { takeKeys, type EncryptionKeys } from './encryptionKeys';
import type { KeySource, ScopeKeys } from './keySource';
import { MasterKey } from './masterKey';

/**
 * Where keys are fetched, such as from a key management service: one set of keys for each scope, or one for all. What it
 * returns is kept in memory for `maxAgeSeconds`; calls for the same keys at the same time are one call. What it throws is the
 * `cause` of a `KEYS_UNAVAILABLE`.
 */
export interface KeyProvider {
  /** The keys of a scope; undefined: of sessions without the option `scope`. It need not return the older ones. */
  forScope(scope: string | undefined): EncryptionKeys | Promise<EncryptionKeys>;
  /**
   * A key that `forScope` did not return: an older one, or one that is newer than its last answer. Undefined where there is none
   * (any more): then records under it are `UNKNOWN_KEY`.
   *
   * @param tag - see `keyTag`.
   */
  byTag(tag: string, scope: string | undefined): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

export interface ProvidedKeysLimits {
  readonly maxAgeMs: number;
  /** For one answer. */
  readonly timeoutMs: number;
}

/** The keys of a provider, each asked for anew once it is older than the maximum age. */
export class ProvidedKeys implements KeySource {
  readonly #provider: KeyProvider;
  readonly #scopes: AgingValues<ScopeKeys>;
  readonly #tags: AgingValues<MasterKey>;
  readonly #timeoutMs: number;

  constructor(provider: KeyProvider, { maxAgeMs, timeoutMs }: ProvidedKeysLimits) {
    this.#provider = provider;
    this.#timeoutMs = timeoutMs;
    this.#scopes = new AgingValues(maxAgeMs);
    this.#tags = new AgingValues(maxAgeMs);
  }

  async ofScope(scope: string | undefined, isFresh = false): Promise<ScopeKeys> {
    const name = JSON.stringify([scope]);
    if (isFresh) this.#scopes.delete(name);
    const keys = await this.#scopes.get(name, () =>
      this.#asked(async () => takeKeys(await this.#provider.forScope(scope))),
    );
    if (keys === undefined) throw unavailable();
    return keys;
  }

  async byTag(tag: string, scope: string | undefined): Promise<MasterKey | undefined> {
    const current = (await this.ofScope(scope)).byTag.get(tag);
    if (current) return current;
    return this.#tags.get(JSON.stringify([scope, tag]), () =>
      this.#asked(async () => {
        const bytes = await this.#provider.byTag(tag, scope);
        if (bytes === undefined) return undefined;
        const key = new MasterKey(bytes, 'the key');
        if (key.tag === tag) return key;
        throw new SessionError('INVALID_ARGUMENT', 'the provider returned another key than it was asked for');
      }),
    );
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await within(this.#timeoutMs, ask());
    } catch (cause) {
      throw unavailable(cause);
    }
  }
}

/** What `work` comes to, unless that takes longer. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new SessionError('TIMEOUT', `no answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(cause?: unknown): SessionError {
  return new SessionError(
    'KEYS_UNAVAILABLE',
    'the provider of keys failed, was too slow, or returned what is no key',
    {
      cause,
    },
  );
}

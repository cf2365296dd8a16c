import { randomBytes } from 'node:crypto';
import { keyTag, type EncryptionKeys, type KeyProvider } from '@agent-sessions/session-redis/encryption';

/** What a key management service does: `AwsKms`, or that of another cloud. */
export interface KeyWrapping {
  wrap(key: Uint8Array, tenant: string): Promise<Uint8Array>;
  unwrap(wrapped: Uint8Array, tenant: string): Promise<Uint8Array>;
}

/** The keys of one tenant as they are kept, in any database: without the service they are of no use. */
export interface WrappedKeys {
  /** The newest first. */
  readonly keys: readonly { readonly tag: string; readonly wrapped: Uint8Array }[];
  readonly digestKey: Uint8Array;
}

export type WrappedKeysOf = (tenant: string) => Promise<WrappedKeys | undefined>;

/** Unwraps a tenant's keys when they are needed. `encryptWith` keeps what it returns for `maxAgeSeconds`. */
export class WrappedKeyProvider implements KeyProvider {
  readonly #wrapping: KeyWrapping;
  readonly #keysOf: WrappedKeysOf;

  constructor(wrapping: KeyWrapping, keysOf: WrappedKeysOf) {
    this.#wrapping = wrapping;
    this.#keysOf = keysOf;
  }

  async forScope(scope: string | undefined): Promise<EncryptionKeys> {
    const tenant = tenantOf(scope);
    const kept = await this.#keysOf(tenant);
    const [newest] = kept?.keys ?? [];
    if (kept === undefined || newest === undefined) throw new Error('the tenant has no keys');
    const [key, digestKey] = await Promise.all([
      this.#wrapping.unwrap(newest.wrapped, tenant),
      this.#wrapping.unwrap(kept.digestKey, tenant),
    ]);
    return { keys: [key], digestKey };
  }

  async byTag(tag: string, scope: string | undefined): Promise<Uint8Array | undefined> {
    const tenant = tenantOf(scope);
    const key = (await this.#keysOf(tenant))?.keys.find((each) => each.tag === tag);
    return key && this.#wrapping.unwrap(key.wrapped, tenant);
  }
}

/** The keys of a new tenant, or those of one whose key is rotated: the digest key stays. */
export async function withNewKey(
  wrapping: KeyWrapping,
  tenant: string,
  kept?: WrappedKeys,
): Promise<WrappedKeys> {
  const key = randomBytes(32);
  return {
    keys: [{ tag: keyTag(key), wrapped: await wrapping.wrap(key, tenant) }, ...(kept?.keys ?? [])],
    digestKey: kept?.digestKey ?? (await wrapping.wrap(randomBytes(32), tenant)),
  };
}

function tenantOf(scope: string | undefined): string {
  if (scope === undefined) throw new Error('these keys are for sessions with the option scope');
  return scope;
}

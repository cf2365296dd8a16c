import { randomBytes } from 'node:crypto';
import { keyTag, type EncryptionKeys, type KeyProvider } from '@agent-sessions/session-redis/encryption';

interface Keys {
  readonly key: Uint8Array;
  readonly digestKey: Uint8Array;
}

/** A key for each tenant, in memory; where they are kept wrapped by a service such as AWS KMS, see `examples/kmsKeys`. */
export class TenantKeys implements KeyProvider {
  readonly #keys = new Map<string, Keys>();

  create(tenant: string): void {
    this.#keys.set(tenant, { key: randomBytes(32), digestKey: randomBytes(32) });
  }

  /** All that the tenant has ever said, wherever copies of it are, is unreadable from now on. */
  delete(tenant: string): void {
    this.#keys.delete(tenant);
  }

  forScope(scope = ''): EncryptionKeys {
    const keys = this.#keys.get(scope);
    if (keys === undefined) throw new Error('the tenant has no key');
    return { keys: [keys.key], digestKey: keys.digestKey };
  }

  byTag(tag: string, scope = ''): Uint8Array | undefined {
    const key = this.#keys.get(scope)?.key;
    return key && keyTag(key) === tag ? key : undefined;
  }
}

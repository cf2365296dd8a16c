import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { KeyWrapping } from './wrappedKeys';

/**
 * Wraps keys with a key of AWS KMS, which never leaves it. The tenant is part of what KMS authenticates, so a key that was wrapped
 * for another tenant is not unwrapped, and a key policy can ask for it (`kms:EncryptionContext:tenant`).
 */
export class AwsKms implements KeyWrapping {
  readonly #client: KMSClient;
  readonly #keyId: string;

  /** @param keyId - the ARN or the alias of a symmetric KMS key. */
  constructor(client: KMSClient, keyId: string) {
    this.#client = client;
    this.#keyId = keyId;
  }

  async wrap(key: Uint8Array, tenant: string): Promise<Uint8Array> {
    const { CiphertextBlob } = await this.#client.send(
      new EncryptCommand({ KeyId: this.#keyId, Plaintext: key, EncryptionContext: { tenant } }),
    );
    return present(CiphertextBlob);
  }

  async unwrap(wrapped: Uint8Array, tenant: string): Promise<Uint8Array> {
    const { Plaintext } = await this.#client.send(
      new DecryptCommand({ KeyId: this.#keyId, CiphertextBlob: wrapped, EncryptionContext: { tenant } }),
    );
    return present(Plaintext);
  }
}

function present(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw new Error('KMS answered without bytes');
  return bytes;
}

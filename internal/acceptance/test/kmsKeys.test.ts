import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { MemoryStore, StoredSession, type SessionErrorCode } from '@agent-sessions/session-core';
import { encryptWith } from '@agent-sessions/session-core/encryption';
import { KMSClient, type DecryptCommandInput, type EncryptCommandInput } from '@aws-sdk/client-kms';
import { RunContext } from '@openai/agents';
import { AwsKms } from '../../../examples/kmsKeys/awsKms';
import { withNewKey, WrappedKeyProvider, type WrappedKeys } from '../../../examples/kmsKeys/wrappedKeys';
import { message } from './support';

/** A client of AWS KMS whose requests are answered here, as KMS does, by a key that it keeps to itself. */
function localKms(): { client: KMSClient; requests: string[] } {
  const client = new KMSClient({ region: 'local' });
  const secret = randomBytes(32);
  const requests: string[] = [];
  client.middlewareStack.add(
    (_next, { commandName = '' }) =>
      ({ input }) => {
        const { EncryptionContext, ...given } = input as EncryptCommandInput & DecryptCommandInput;
        requests.push(`${commandName} ${given.KeyId} ${EncryptionContext?.['tenant']}`);
        const context = Buffer.from(JSON.stringify(EncryptionContext));
        const output =
          commandName === 'EncryptCommand'
            ? { CiphertextBlob: seal(secret, context, given.Plaintext ?? new Uint8Array()) }
            : { Plaintext: unseal(secret, context, given.CiphertextBlob ?? new Uint8Array()) };
        return Promise.resolve({ output: { $metadata: {}, ...output }, response: {} });
      },
    { step: 'initialize', priority: 'high' },
  );
  return { client, requests };
}

function seal(secret: Buffer, context: Buffer, key: Uint8Array): Uint8Array {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(context);
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

function unseal(secret: Buffer, context: Buffer, blob: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', secret, blob.subarray(0, 12)).setAAD(context);
  decipher.setAuthTag(blob.subarray(-16));
  return Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()]);
}

test('tenants have keys of their own, which KMS has wrapped: rotated, and deleted with all that they read', async () => {
  const { client, requests } = localKms();
  const kms = new AwsKms(client, 'alias/sessions');
  const table = new Map<string, WrappedKeys>();
  for (const tenant of ['acme', 'globex']) table.set(tenant, await withNewKey(kms, tenant));
  requests.length = 0;

  const store = new MemoryStore();
  /** As in a process of its own. */
  const open = (): StoredSession =>
    new StoredSession(store, {
      sessionId: 'chat',
      scope: ({ context }) => (context as { tenant: string }).tenant,
      encryption: encryptWith({
        keys: new WrappedKeyProvider(kms, (tenant) => Promise.resolve(table.get(tenant))),
      }),
    });
  const [acme, globex] = [new RunContext({ tenant: 'acme' }), new RunContext({ tenant: 'globex' })];
  const session = open();
  for (const text of ['one', 'two']) await session.addItems([message(text)], acme);
  await session.addItems([message('three')], globex);
  expect(await session.getItems(undefined, acme)).toEqual([message('one'), message('two')]);
  const unwrapped = (tenant: string): string => `DecryptCommand alias/sessions ${tenant}`;
  expect(requests).toEqual(['acme', 'acme', 'globex', 'globex'].map(unwrapped));

  table.set('acme', await withNewKey(kms, 'acme', table.get('acme')));
  expect(await open().getItems(undefined, acme)).toHaveLength(2);
  expect(await open().reencrypt(acme)).toBe(2);
  const { keys = [], digestKey = new Uint8Array() } = table.get('acme') ?? {};
  table.set('acme', { keys: keys.slice(0, 1), digestKey });
  expect(await open().getItems(undefined, acme)).toEqual([message('one'), message('two')]);

  // Another tenant's row is of no use.
  const code = (found: SessionErrorCode): unknown => expect.objectContaining({ code: found });
  table.set('globex', { keys, digestKey });
  await expect(open().getItems(undefined, globex)).rejects.toEqual(code('KEYS_UNAVAILABLE'));
  table.delete('acme');
  await expect(open().getItems(undefined, acme)).rejects.toEqual(code('KEYS_UNAVAILABLE'));
  table.set('acme', await withNewKey(kms, 'acme'));
  await expect(open().getItems(undefined, acme)).rejects.toEqual(code('UNKNOWN_KEY'));
});

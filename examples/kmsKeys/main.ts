/**
 * Sessions of two tenants, each encrypted under a key of its own that AWS KMS has wrapped: `npx tsx kmsKeys/main.ts` in this
 * folder's parent, with a server at REDIS_URL, and the ARN or alias of a symmetric key at KMS_KEY_ID.
 */
import { RedisSession } from '@agent-sessions/session-redis';
import { encryptWith } from '@agent-sessions/session-redis/encryption';
import { KMSClient } from '@aws-sdk/client-kms';
import { RunContext } from '@openai/agents';
import { createClient } from 'redis';
import { AwsKms } from './awsKms';
import { withNewKey, WrappedKeyProvider, type WrappedKeys } from './wrappedKeys';

const kms = new AwsKms(new KMSClient({}), process.env.KMS_KEY_ID ?? 'alias/agent-sessions');
/** A table of the application, in place of which this is. */
const table = new Map<string, WrappedKeys>();
for (const tenant of ['acme', 'globex']) table.set(tenant, await withNewKey(kms, tenant));

const provider = new WrappedKeyProvider(kms, (tenant) => Promise.resolve(table.get(tenant)));
const client = await createClient({ url: process.env.REDIS_URL ?? 'redis://localhost:6379' }).connect();
const session = new RedisSession({
  client,
  sessionId: 'support',
  ttlSeconds: 3_600,
  scope: ({ context }) => (context as { tenant: string }).tenant,
  encryption: encryptWith({ keys: provider, maxAgeSeconds: 60 }),
});

const acme = new RunContext({ tenant: 'acme' });
await session.addItems([{ role: 'user', content: 'My name is Ada.' }], acme);

// The key is rotated, and what is stored goes over to the new one.
table.set('acme', await withNewKey(kms, 'acme', table.get('acme')));
console.log(`${await session.reencrypt(acme)} record under another key than the newest`);
console.log(await session.getItems(undefined, acme));
await session.clearSession(acme);
await client.close();

/** Two tenants with a key each, of which one is deleted: `npm run example -- tenants`. */
import { randomUUID } from 'node:crypto';
import { startRedis } from '@agent-sessions/engines';
import { RedisSession, SessionError } from '@agent-sessions/session-redis';
import { encryptWith } from '@agent-sessions/session-redis/encryption';
import { RunContext, Runner } from '@openai/agents';
import { createClient } from 'redis';
import { createAgent } from '../demo/agent';
import { TenantKeys } from './tenantKeys';

interface Context {
  readonly tenant: string;
}

const keys = new TenantKeys();
for (const tenant of ['acme', 'globex']) keys.create(tenant);

const engine = await startRedis();
const client = await createClient({ url: engine.url }).connect();
const keyPrefix = `agent-sessions-tenants-${randomUUID()}`;

/** As in a process of its own: with keys that were asked for just now, and with nothing in memory. */
const openSession = () =>
  new RedisSession({
    client,
    keyPrefix,
    sessionId: 'support',
    ttlSeconds: 3_600,
    // From what was authenticated, never from a request's body.
    scope: ({ context }) => (context as Context).tenant,
    encryption: encryptWith({ keys, maxAgeSeconds: 60 }),
  });

const runner = new Runner({ tracingDisabled: true });
async function say(tenant: string, message: string): Promise<void> {
  const context: Context = { tenant };
  const { finalOutput = '' } = await runner.run(createAgent(), message, { session: openSession(), context });
  console.log(`${tenant.padEnd(7)} ${message}\n${' '.repeat(7)} ${finalOutput}`);
}

async function show(tenant: string): Promise<void> {
  try {
    const items = await openSession().getItems(undefined, new RunContext<Context>({ tenant }));
    console.log(`${tenant.padEnd(7)} ${items.length} items`);
  } catch (error) {
    if (!SessionError.is(error)) throw error;
    console.log(`${tenant.padEnd(7)} ${error.code}`);
  }
}

const question = 'Where was I going, what will the weather be, and what do I pack?';
await say('acme', "Hi, I'm Mira. I'm going to Lisbon on Friday.");
await say('acme', 'Do I need an umbrella there?');
await say('acme', 'Then I pack an umbrella.');
await say('globex', question);
await say('acme', question);

const key = `${keyPrefix}:{~acme/support}:items`;
const [stored = ''] = await client.lRange(key, 0, 0);
console.log(
  `\nRedis holds, of the first message: ${stored.length} characters, with “Mira” in it: ${stored.includes('Mira')}`,
);

keys.delete('acme');
console.log('\nThe key of acme is deleted.');
await show('acme');
await show('globex');

await openSession().clearSession(new RunContext<Context>({ tenant: 'globex' }));
await client.close();
await engine.stop();

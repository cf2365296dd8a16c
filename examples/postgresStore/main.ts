/** A conversation in PostgreSQL, which a second session object goes on with: `npm run example -- postgresStore`. */
import { StoredSession } from '@agent-sessions/session-core';
import { Runner } from '@openai/agents';
import { createAgent } from '../demo/agent';
import { describeItems } from '../demo/items';
import { openClient } from './client';
import { createTables, PostgresStore } from './postgresStore';

const { client, close } = await openClient();
await createTables(client);
const open = (sessionId: string) =>
  new StoredSession(new PostgresStore(client, { ttlSeconds: 3_600 }), { sessionId });

const runner = new Runner({ tracingDisabled: true });
const sessionId = crypto.randomUUID();
for (const question of [
  "Hi, I'm Mira. I'm taking the night train to Lisbon on Friday.",
  'Do I need an umbrella there?',
]) {
  const { finalOutput } = await runner.run(createAgent(), question, { session: open(sessionId) });
  console.log(`Mira   ${question}\nagent  ${finalOutput ?? ''}`);
}
const session = open(sessionId);
console.log(`\n${(await session.describe()).items} items in PostgreSQL:`);
for (const line of describeItems(await session.getItems())) console.log(line);
await session.clearSession();
await close();

/** The conformance kit on PostgresStore: `npx tsx --test postgresStore/kit.test.ts` in this folder's parent. */
import { after, test } from 'node:test';
import { conformanceCases } from '@agent-sessions/session-core/testing';
import { openClient } from './client';
import { createTables, PostgresStore } from './postgresStore';

const [{ client, close }, closed] = [await openClient(), await openClient()];
await createTables(client);
await closed.close();
after(close);

const CONTAINS = `select 1 from agent_session_records
  where session_id = $1 and position(convert_to($2, 'UTF8') in record) > 0`;
const ELAPSE = `update agent_sessions set expires_at = expires_at - $2::float8 * interval '1 ms' where id = $1`;

const cases = conformanceCases({
  createStore: (options) => new PostgresStore(client, options),
  contains: async (sessionId, text) =>
    (await client.query(CONTAINS, [Buffer.from(sessionId), text])).rows.length > 0,
  elapse: async (sessionId, ms) => {
    await client.query(ELAPSE, [Buffer.from(sessionId), ms]);
  },
  ttlRefresh: true,
  observe: true,
  unreachable: { 'a closed client': () => new PostgresStore(closed.client) },
});

for (const { name, run } of cases) void test(name, run);

import { PGlite } from '@electric-sql/pglite';
import { Pool } from 'pg';
import type { PostgresClient } from './postgresStore';

/** A pool of `pg` on the server that POSTGRES_URL names; otherwise PostgreSQL in this process, with nothing in it. */
export async function openClient(): Promise<{ client: PostgresClient; close: () => Promise<void> }> {
  const connectionString = process.env.POSTGRES_URL ?? '';
  if (connectionString === '') {
    const client = await PGlite.create();
    return { client, close: () => client.close() };
  }
  const client = new Pool({ connectionString });
  client.on('error', (error) => console.error('postgres:', error.message));
  return { client, close: () => client.end() };
}

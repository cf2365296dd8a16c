import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localClientConfig, startDynamoDB, startRedis, until } from '@agent-sessions/engines';
import { HistoryCache, type SessionOptions, type StoredSession } from '@agent-sessions/session-core';
import {
  createTableIfNotExists,
  DynamoDBSession,
  DynamoDBSessionIndex,
} from '@agent-sessions/session-dynamodb';
import { RedisSession, RedisSessionIndex } from '@agent-sessions/session-redis';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { createClient } from 'redis';
import { WAITING } from './killedOwners';
import { message } from './support';

/**
 * A marker is planted in all that sessions hold of an owner, and looked for when they are erased: in the database's files, in
 * all that it answers, and in the cache of the process.
 */

const MARKER = 'conspicuousMarker';
const OWNER = 'ada';

/** What another owner holds. */
const OTHERS = 'inconspicuous';

async function plant(open: (options: SessionOptions) => StoredSession): Promise<void> {
  for (const sessionId of ['first', 'second', 'cleared']) {
    const session = open({ sessionId, index: { owner: OWNER } });
    await session.addItems([message(`${MARKER} 1`), message(MARKER.repeat(50_000))]);
    await session.setDetails({ title: MARKER, metadata: { [MARKER]: MARKER } });
    await session.setDetails({ title: `another ${MARKER}` });
    const compacted = [message(`summary ${MARKER}`)];
    if (sessionId === 'second') await session.replaceHistoryWithCompaction(compacted);
    await session.getItems();
    await session.savePendingRun(WAITING.replace('pay', MARKER));
  }
  await open({ sessionId: 'first', index: { owner: OWNER } }).fork({ sessionId: 'fork' });
  await open({ sessionId: 'cleared', index: { owner: OWNER } }).clearSession();
  const other = open({ sessionId: 'other', index: { owner: 'bob' } });
  await other.addItems([message(OTHERS)]);
  await other.setDetails({ title: OTHERS });
}

const folder = mkdtempSync(join(tmpdir(), 'erasure-'));
afterAll(() => rmSync(folder, { recursive: true }));

const cacheOf = (): HistoryCache => new HistoryCache({ maxBytes: 100_000_000 });

test('on Redis, nothing is left under any key, in the RDB file, in the rewritten AOF, or in the cache', async () => {
  const server = await startRedis({
    args: [
      ...['--dir', folder, '--rdbcompression', 'no'],
      ...['--appendonly', 'yes', '--aof-use-rdb-preamble', 'no'],
    ],
  });
  const client = await createClient({ url: server.url })
    .on('error', () => undefined)
    .connect();
  const cache = cacheOf();
  const open = (options: SessionOptions): RedisSession => new RedisSession({ ...options, client, cache });

  const infoOf = async (field: string): Promise<string | undefined> =>
    new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(await client.info('persistence'))?.[1];
  const filesWith = async (text: string): Promise<string[]> => {
    await client.sendCommand(['SAVE']);
    await client.sendCommand(['BGREWRITEAOF']);
    await until(
      'the AOF is rewritten',
      async () =>
        (await infoOf('aof_rewrite_in_progress')) === '0' && (await infoOf('aof_rewrite_scheduled')) === '0',
    );
    expect(await infoOf('aof_last_bgrewrite_status')).toBe('ok');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.(rdb|aof)$/.test(file),
    );
    return files
      .filter((file) => readFileSync(join(folder, file)).includes(text))
      .map(kindOf)
      .sort();
  };
  const keysWith = async (text: string): Promise<number> => {
    let found = 0;
    for (const key of await client.keys('*')) {
      const values =
        (await client.type(key)) === 'list' ? await client.lRange(key, 0, -1) : await client.hGetAll(key);
      if (JSON.stringify([key, values]).includes(text)) found++;
    }
    return found;
  };

  try {
    await plant(open);
    expect(await filesWith(MARKER)).toEqual(['aof', 'rdb']);
    expect(await keysWith(MARKER)).toBeGreaterThan(5);
    expect(cache.stats.entries).toBeGreaterThan(0);

    const index = new RedisSessionIndex({ client, owner: OWNER, cache });
    expect(await index.erase()).toEqual({ sessions: 3 });

    expect(await filesWith(MARKER)).toEqual([]);
    expect(await keysWith(MARKER)).toBe(0);
    expect(cache.stats.entries).toBe(0);
    expect(await filesWith(OTHERS)).toEqual(['aof', 'rdb']);
    // What is left of an owner: for 40 minutes, the ids of its sessions in keys, with digests.
    const left = await Promise.all(
      (await client.keys('*')).map(async (key) => [key, await client.pTTL(key)] as const),
    );
    const lasting = left.filter(([, ttl]) => ttl < 0).map(([key]) => key);
    expect(lasting.every((key) => /\{(other|~\/index\/bob)\}/.test(key))).toBe(true);
    expect(left.every(([key, ttl]) => ttl <= 40 * 60_000 || lasting.includes(key))).toBe(true);
  } finally {
    client.destroy();
    await server.stop();
  }
});

test('on DynamoDB, nothing is left in any row, or in the cache', async () => {
  const engine = await startDynamoDB({});
  const client = new DynamoDBClient(localClientConfig(engine.endpoint));
  const tableName = 'erased';
  await createTableIfNotExists(client, tableName);
  const cache = cacheOf();
  const open = (options: SessionOptions): DynamoDBSession =>
    new DynamoDBSession({ ...options, client, tableName, cache });
  const rowsWith = async (text: string): Promise<number> => {
    let found = 0;
    let start: ScanPosition;
    do {
      const page = await client.send(
        new ScanCommand({ TableName: tableName, ConsistentRead: true, ExclusiveStartKey: start }),
      );
      found += (page.Items ?? []).filter((row) => textOf(row).includes(text)).length;
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return found;
  };

  try {
    await plant(open);
    expect(await rowsWith(MARKER)).toBeGreaterThan(5);
    expect(cache.stats.entries).toBeGreaterThan(0);

    const index = new DynamoDBSessionIndex({ client, tableName, owner: OWNER, cache });
    expect(await index.erase()).toEqual({ sessions: 3 });

    expect(await rowsWith(MARKER)).toBe(0);
    expect(cache.stats.entries).toBe(0);
    expect(await rowsWith(OTHERS)).toBeGreaterThan(1);
  } finally {
    client.destroy();
    await engine.stop();
  }
});

type ScanPosition = ConstructorParameters<typeof ScanCommand>[0]['ExclusiveStartKey'];

function kindOf(file: string): string {
  return file.replace(/^.*\./, '');
}

/** Bytes as the text that they are, as far as they are one. */
function textOf(row: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(row, (_name, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
}

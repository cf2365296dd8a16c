import { NO_HISTORY } from '@agent-sessions/session-core';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStore } from '../src';
import { DynamoDBSession } from '../src';
import { intercept, measure } from './support/requests';
import { append, commit, large, newId, recordsOf, tryCommit } from './support/store';
import { newClient, TestTable, type Item } from './support/table';

/*
 * The engine's reads are always consistent. So here a query without consistency is answered from the rows as they were
 * some time ago, the most that DynamoDB allows itself.
 */

const table = new TestTable();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let now = Date.now();
const clients: DynamoDBClient[] = [];
const open = (options = {}): DynamoDBStore => table.open(options, () => now);

beforeAll(() => table.create());
afterAll(async () => {
  for (const client of clients) client.destroy();
  await table.drop();
});

/** A client that sees this session, where it does not read consistently, as it is now: page by page from `page` on. */
async function stale(sessionId: string, page = 1): Promise<DynamoDBClient> {
  const client = newClient();
  clients.push(client);
  const rows = await table.rows(sessionId);
  let pages = 0;
  intercept(client, async ({ name, input }, send) => {
    const answer = await send();
    if (name !== 'Query' || input.ConsistentRead || ++pages < page) return answer;
    const Items = select(rows, input);
    const last = Items.length === input.Limit ? Items.at(-1) : undefined;
    const LastEvaluatedKey = last && { session_id: last.session_id, version: last.version };
    return { output: { ...answer.output, Items, LastEvaluatedKey } as typeof answer.output };
  });
  return client;
}

/** What a query of one page finds among these rows. */
function select(rows: readonly Item[], input: Record<string, unknown>): Item[] {
  const values = input.ExpressionAttributeValues as Record<string, { N?: string }>;
  const start = (input.ExclusiveStartKey as Item | undefined)?.version?.N;
  const version = (row: Item): bigint => BigInt(row.version?.N ?? 0);
  return rows
    .filter((row) => version(row) >= BigInt(values[':from']?.N ?? 0))
    .filter((row) => version(row) <= BigInt(values[':to']?.N ?? 0))
    .filter((row) => start === undefined || version(row) < BigInt(start))
    .sort((left, right) => (version(left) < version(right) ? 1 : -1))
    .slice(0, (input.Limit as number | undefined) ?? rows.length);
}

test('only reads are without consistency, and only where asked for', async () => {
  const id = newId();
  const client = newClient();
  clients.push(client);
  const consistency: unknown[] = [];
  intercept(client, ({ name, input }, send) => {
    if (name === 'Query') consistency.push(input.ConsistentRead);
    return send();
  });
  const during = async (action: () => Promise<unknown>): Promise<unknown[]> => {
    consistency.length = 0;
    await action();
    return [...consistency];
  };
  for (const consistentRead of [undefined, true, false]) {
    const expected = consistentRead ?? true;
    const store = open({ client, consistentRead, ttlSeconds: 60 });
    await append(open(), id, large('a', 900_000));
    expect(await during(() => store.read(id))).toEqual([expected, expected]);
    expect(await during(() => store.read(id, { last: 1 }))).toEqual([expected, expected]);
    const operation = { id: `o${consistentRead}`, fingerprint: 'f' };
    for (const change of [
      { append: ['b'], operation },
      { drop: 1 },
      { operation },
      { drop: 'all' },
    ] as const) {
      expect(
        await during(() => tryCommit(open({ client, consistentRead, ttlSeconds: 60 }), id, change)),
      ).not.toContain(false);
    }
    expect(await during(() => store.clear(id))).not.toContain(false);
  }
});

test('a read without consistency takes half the read units', async () => {
  const id = newId();
  for (let row = 0; row < 40; row++) await append(open(), id, large('a', 2_000));
  const units = async (consistentRead: boolean): Promise<number> =>
    (await measure(table.client, () => open({ consistentRead }).read(id))).units;
  expect(await units(false)).toBe((await units(true)) / 2);
});

test.each(['false', 0, null])('%p is refused', (consistentRead) => {
  expect(() => open({ consistentRead })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
  );
});

describe('a state of some time ago', () => {
  test('is a whole one, and what is written to it comes behind what it lacks', async () => {
    const id = newId();
    const before = await append(open(), id, 'a');
    const store = open({ client: await stale(id), consistentRead: false });
    await append(open(), id, 'b');
    await append(open(), id, 'c');
    expect(await store.read(id)).toEqual({ records: ['a'], revision: before });
    await commit(store, id, { append: ['d'], lastSeen: before });
    expect(await recordsOf(open(), id)).toEqual(['a', 'b', 'c', 'd']);
    expect(await recordsOf(store, id)).toEqual(['a']);
  });

  test('is no state to replace: a conditional commit conflicts', async () => {
    const id = newId();
    await append(open(), id, 'a', 'b');
    const store = open({ client: await stale(id), consistentRead: false });
    await append(open(), id, 'c');
    const { revision } = await store.read(id);
    const change = { drop: 1, append: ['x'], ifRevision: revision, lastSeen: revision };
    expect(await tryCommit(store, id, change)).toEqual({ status: 'conflict' });
    expect(await recordsOf(open(), id)).toEqual(['a', 'b', 'c']);
  });

  test('an operation that it lacks is repeated all the same', async () => {
    const id = newId();
    await append(open(), id, 'a');
    const store = open({ client: await stale(id), consistentRead: false });
    const operation = { id: 'o', fingerprint: 'f' };
    await commit(open(), id, { append: ['b'], operation });
    const { revision: lastSeen } = await store.read(id);
    expect((await tryCommit(store, id, { append: ['b'], operation, lastSeen })).status).toBe('repeated');
    expect(await recordsOf(open(), id)).toEqual(['a', 'b']);
  });

  test('may have been cleared since, and is not revived by what is written', async () => {
    const id = newId();
    await append(open(), id, 'a');
    const store = open({ client: await stale(id), consistentRead: false });
    await open().clear(id);
    const { records, revision: lastSeen } = await store.read(id);
    expect(records).toEqual(['a']);
    await commit(store, id, { append: ['b'], lastSeen });
    expect(await recordsOf(open(), id)).toEqual(['b']);
  });

  test('may be nothing yet', async () => {
    const id = newId();
    const store = open({ client: await stale(id), consistentRead: false });
    await append(open(), id, 'a');
    expect(await store.read(id)).toEqual({ records: [], revision: NO_HISTORY });
    expect((await tryCommit(store, id, { append: ['b'], ifRevision: NO_HISTORY })).status).toBe('conflict');
    await commit(store, id, { append: ['b'], lastSeen: NO_HISTORY });
    expect(await recordsOf(open(), id)).toEqual(['a', 'b']);
  });

  test('that seems to have expired is read again, consistently', async () => {
    const id = newId();
    const limited = open({ ttlSeconds: 60 });
    await append(limited, id, 'a');
    const store = open({ client: await stale(id), consistentRead: false, ttlSeconds: 60 });
    now += 50_000;
    await append(limited, id, 'b');
    now += 11_000;
    expect((await store.read(id)).records).toEqual(['a', 'b']);
    await commit(store, id, { append: ['c'], lastSeen: NO_HISTORY });
    expect(await recordsOf(open(), id)).toEqual(['a', 'b', 'c']);
  });

  test.each([
    ['rows', large('a', 200_000), 12],
    ['parts', large('a', 900_000), 1],
  ])('of which %s are not visible yet is read again, consistently', async (_, record, count) => {
    const id = newId();
    const client = await stale(id, 2);
    for (let row = 0; row < count; row++) await append(open(), id, record);
    const { requests } = await measure(client, async () => {
      expect(await recordsOf(open({ client, consistentRead: false }), id)).toEqual(
        Array.from({ length: count }, () => record),
      );
    });
    expect(requests.length).toBeGreaterThan(3);
  });

  test.each([60, undefined])('does not mix with one that expired before it, ttl %p', async (ttlSeconds) => {
    const id = newId();
    await append(open({ ttlSeconds: 60 }), id, 'expired');
    const client = await stale(id, 2);
    now += 3 * HOUR;
    await table.expire(id, now);
    await append(open({ ttlSeconds }), id, 'a');
    await commit(open({ ttlSeconds }), id, { append: [] });
    expect((await open({ client, consistentRead: false }).read(id, { last: 1 })).records).toEqual(['a']);
  });
});

test('rows that are missing for good are an error here too', async () => {
  const id = newId();
  for (const record of ['a', 'b', 'c']) await append(open(), id, record);
  await table.delete((await table.rows(id))[1] as Item);
  await expect(open({ consistentRead: false }).read(id)).rejects.toMatchObject({ code: 'STORE_FAILURE' });
});

describe('what a change rests on is read consistently', () => {
  const call = (args: string) =>
    ({ type: 'function_call', callId: 'c1', name: 'tool', status: 'completed', arguments: args }) as const;

  /** A session over rows as they were before its only item was added. */
  async function behind(): Promise<DynamoDBSession> {
    const sessionId = newId();
    const options = { client: table.client, tableName: table.name, sessionId };
    const client = await stale(sessionId);
    await new DynamoDBSession(options).addItems([call('1')]);
    const session = new DynamoDBSession({ ...options, client, consistentRead: false });
    expect(await session.getItems()).toEqual([]);
    return session;
  }
  const stored = async (session: DynamoDBSession) =>
    new DynamoDBSession({
      client: table.client,
      tableName: table.name,
      sessionId: await session.getSessionId(),
    }).getItems();

  test('popItem', async () => {
    const session = await behind();
    expect(await session.popItem()).toEqual(call('1'));
    expect(await stored(session)).toEqual([]);
  });

  test('replace_suffix', async () => {
    const session = await behind();
    await session.applyHistoryTransaction({
      operationId: 'o',
      transaction: { type: 'replace_suffix', expectedSuffix: [call('1')], replacement: [call('2')] },
    });
    expect(await stored(session)).toEqual([call('2')]);
  });

  test('replace_function_call', async () => {
    const session = await behind();
    await session.applyHistoryMutations({
      mutations: [{ type: 'replace_function_call', callId: 'c1', replacement: call('2') }],
    });
    expect(await stored(session)).toEqual([call('2')]);
  });

  test('rewriteHistory', async () => {
    const session = await behind();
    const result = await session.rewriteHistory((items) => items.map(() => call('2')));
    expect(result).toEqual({ status: 'rewritten', kept: 0 });
    expect(await stored(session)).toEqual([call('2')]);
  });

  test('replaceHistoryWithCompaction, which keeps what it had not read', async () => {
    const session = await behind();
    await session.replaceHistoryWithCompaction([call('2')]);
    expect(await stored(session)).toEqual([call('2'), call('1')]);
  });
});

test('a fenced session does not pop what somebody else has popped since', async () => {
  const sessionId = newId();
  const options = { client: table.client, tableName: table.name, sessionId };
  const session = new DynamoDBSession({ ...options, consistentRead: false });
  for (const content of ['a', 'b', 'c']) await session.addItems([{ role: 'user', content }]);
  expect(await session.popItem()).toEqual({ role: 'user', content: 'c' });
  const behind = new DynamoDBSession({
    ...options,
    client: await stale(sessionId),
    consistentRead: false,
    concurrentWrites: 'reject',
  });
  expect(await session.popItem()).toEqual({ role: 'user', content: 'b' });
  expect(await behind.getItems()).toHaveLength(2);
  await expect(behind.popItem()).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await session.getItems()).toEqual([{ role: 'user', content: 'a' }]);
});

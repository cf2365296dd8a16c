import { randomUUID } from 'node:crypto';
import { CreateTableCommand, ScanCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { createTableIfNotExists, DynamoDBSession, DynamoDBStore } from '../src';
import { measure } from './support/requests';
import { append, commit, large, newId, recordsOf } from './support/store';
import { headerOf, logKey, newClient, TestTable, type Item } from './support/table';

const attributeNames = { sessionId: 'pk', row: 'sk', ttl: 'expire_at' };
const table = new TestTable({ attributeNames, keyPrefix: 'SESSION#' });
const DAY = 86_400_000;
let now = Date.now();
const open = (options = {}): DynamoDBStore => table.open(options, () => now);

beforeAll(() => table.create());
afterAll(() => table.drop());

/** All that a session can do, across days. */
async function live(store: DynamoDBStore, id: string): Promise<void> {
  await append(store, id, 'a', 'b');
  await append(store, id, large('c', 900_000));
  await commit(store, id, { drop: 1, operation: { id: 'o', fingerprint: 'f' } });
  expect(await recordsOf(store, id)).toEqual(['a', 'b']);
  await commit(store, id, { drop: 'all', append: ['d'] });
  now += 2 * DAY;
  await append(store, id, 'e');
  await store.clear(id);
  now += 2 * DAY;
  await store.clear(id);
}

const foreign = (pk: string, sk: string, rest: Item = {}): Item => ({
  pk: { S: pk },
  sk: { S: sk },
  ...rest,
});

describe('items of somebody else', () => {
  test('under other partition keys are never touched, be they called as a session is', async () => {
    const id = newId();
    const items = [id, `USER#${id}`, 'SESSION#', `SESSION#${id}0`, `session#${id}`].flatMap((pk) =>
      ['chunk#1', 'log#', ...[1, 2, 3].map(logKey)].map((sk) =>
        foreign(pk, sk, { records: { S: 'theirs' } }),
      ),
    );
    await table.put(...items);
    for (const ttlSeconds of [undefined, 60]) await live(open({ ttlSeconds }), id);
    const { Items = [] } = await table.client.send(
      new ScanCommand({ TableName: table.name, ConsistentRead: true }),
    );
    const theirs = Items.filter((item) => item.pk?.S !== `SESSION#${id}`);
    const byKey = (item: Record<string, AttributeValue>) => `${item.pk?.S} ${item.sk?.S}`;
    expect(new Map(theirs.map((item) => [byKey(item), item]))).toEqual(
      new Map(items.map((item) => [byKey(item), item])),
    );
  });

  test.each(['0', 'a', 'chunk#', 'chunk#1700000000000-0123456789abcdeg#001', 'log', 'log$', 'meta#1'])(
    "under a session's key, where no row goes (%s), stay",
    async (sk) => {
      const id = newId();
      const item = foreign(`SESSION#${id}`, sk, {
        idempotency_key: { S: 'x' },
        records: { S: 'y' },
        expire_at: { N: '1' },
      });
      await table.put(item);
      const [stored] = await table.rows(id);
      for (const ttlSeconds of [undefined, 60]) await live(open({ ttlSeconds }), id);
      expect(await table.rows(id)).toContainEqual(stored);
    },
  );

  test.each([logKey(1), logKey(2), logKey(7), 'log#1.5', 'log#x'])(
    "under a session's key, in the way of a row (%s), are an error and stay",
    async (sk) => {
      const id = newId();
      await append(open(), id, 'a');
      if (sk === logKey(1)) await table.delete(foreign(`SESSION#${id}`, sk));
      const item = foreign(`SESSION#${id}`, sk, {
        idempotency_key: { S: 'x' },
        secret: { S: 'conspicuous' },
      });
      await table.put(item);
      const before = await table.rows(id);
      const actions = [
        () => open().read(id),
        () => append(open(), id, 'b'),
        () => commit(open({ ttlSeconds: 60 }), id, { drop: 'all' }),
        () => open().clear(id),
      ];
      for (const action of actions) {
        await expect(action()).rejects.toMatchObject({
          code: 'STORE_MISCONFIGURED',
          message: expect.stringMatching(new RegExp(`row ${sk} .*somebody else.*keyPrefix`)) as string,
        });
      }
      expect(await table.rows(id)).toEqual(before);
    },
  );
});

describe('keyPrefix', () => {
  test('is what partition keys begin with, as it is', async () => {
    const id = newId();
    await append(open(), id, 'a');
    const rows = await table.rows(id);
    expect(rows).toMatchObject([{ pk: { S: `SESSION#${id}` }, sk: { S: logKey(1) } }]);
    expect(await recordsOf(open({ keyPrefix: '' }), `SESSION#${id}`)).toEqual(['a']);
    expect(await recordsOf(open({ keyPrefix: 'OTHER#' }), id)).toEqual([]);
  });

  test('leaves less room for the id: what does not fit is refused before any request', async () => {
    const fits = `${newId()}ä`.padEnd(2_048 - 'SESSION#'.length - 1, 'x');
    await append(open(), fits, 'a', large('b', 900_000));
    expect(await recordsOf(open(), fits)).toEqual(['a', large('b', 900_000)]);
    const { requests } = await measure(table.client, async () => {
      for (const action of [
        () => open().read(`${fits}x`),
        () => append(open(), `${fits}x`, 'a'),
        () => open().clear(`${fits}x`),
      ]) {
        await expect(action()).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
          message: 'sessionId must have at most 2040 bytes behind this keyPrefix',
        });
      }
    });
    expect(requests).toEqual([]);
  });

  test.each([7, null, '\ud800', '~', '~acme/', 'x'.repeat(2_048)])(
    'that is none is refused: %p',
    (keyPrefix) => {
      expect(() => open({ keyPrefix })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
      );
    },
  );
});

describe('attributeNames', () => {
  test('are those of the table that is created, and of its TTL', async () => {
    expect(await createTableIfNotExists(table.client, table.name, { attributeNames })).toEqual({
      created: false,
      ttlAttribute: 'expire_at',
    });
    await expect(createTableIfNotExists(table.client, table.name)).rejects.toMatchObject({
      code: 'STORE_MISCONFIGURED',
      message: expect.stringContaining('pk (S, HASH), sk (S, RANGE); sessions need session_id') as string,
    });
    const id = newId();
    await append(open({ ttlSeconds: 60 }), id, large('a', 900_000));
    for (const row of await table.rows(id))
      expect(Number(row.expire_at?.N)).toBeGreaterThan(now / 1_000 + 60);
    await expect(append(open({ attributeNames: {} }), id, 'b')).rejects.toMatchObject({
      code: 'STORE_MISCONFIGURED',
    });
  });

  test('a sort key that is a number is told', async () => {
    const TableName = `table-${randomUUID()}`;
    const client = newClient();
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'N' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
    await expect(createTableIfNotExists(client, TableName, { attributeNames })).rejects.toMatchObject({
      code: 'STORE_MISCONFIGURED',
      message: `table ${TableName} has the keys pk (S, HASH), sk (N, RANGE); sessions need pk (S, HASH), sk (S, RANGE)`,
    });
    const store = new DynamoDBStore({ client, tableName: TableName, attributeNames });
    await expect(append(store, 'a', 'b')).rejects.toMatchObject({ code: 'STORE_MISCONFIGURED' });
    client.destroy();
  });

  test('of 255 bytes, with dots and spaces, serve rows up to 400 KB', async () => {
    const longest = {
      sessionId: '#'.padEnd(255, 'x'),
      row: 'a b'.padEnd(255, '.'),
      ttl: `:c${'ä'.repeat(126)}d`,
    };
    const other = new TestTable({ attributeNames: longest });
    await other.create();
    const id = newId().padEnd(2_048, '-');
    const sizes = Array.from({ length: 20 }, (_, index) => 405_700 + index * 50);
    for (const bytes of sizes) {
      // A row with all that one can hold.
      const operation = { id: `${bytes}`.padEnd(64, '-'), fingerprint: 'f'.repeat(64) };
      const change = { id: `${bytes}`.padEnd(64, '-'), append: [large('a', bytes)], operation };
      await commit(other.open({ ttlSeconds: 60 }), id, change);
    }
    expect((await recordsOf(other.open(), id)).map((record) => record.length)).toEqual(sizes);
    expect((await other.rows(id)).filter((row) => headerOf(row).chunks)).not.toEqual([]);
    await other.open().clear(id);
    expect(await recordsOf(other.open(), id)).toEqual([]);
    await other.drop();
  });

  test('must be no attribute of any row, three different ones, and what DynamoDB takes', async () => {
    const id = newId();
    const used = new Set<string>();
    const collect = async (): Promise<void> => {
      for (const row of await table.rows(id)) for (const name of Object.keys(row)) used.add(name);
    };
    const store = open({ ttlSeconds: 60 });
    for (const operation of ['o1', 'o2']) {
      await commit(store, id, { append: ['a'], operation: { id: operation, fingerprint: 'f' } });
    }
    await append(store, id, large('b', 900_000));
    await commit(store, id, { drop: 1 });
    await collect();
    await commit(store, id, { drop: 'all', append: ['c'] });
    await collect();
    for (const name of Object.values(attributeNames)) expect(used.delete(name)).toBe(true);
    expect(used.size).toBe(5);

    const wrong = [
      '',
      'x'.repeat(256),
      'ä'.repeat(128),
      '\ud800',
      7,
      null,
      '__proto__',
      'constructor',
      ...used,
    ];
    const options = [
      ...wrong.flatMap((name) => ['sessionId', 'row', 'ttl'].map((key) => ({ [key]: name }))),
      { sessionId: 'row' },
      { row: 'ttl' },
      { sessionId: 'x', ttl: 'x' },
    ];
    const { requests } = await measure(table.client, async () => {
      for (const names of options) {
        const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error;
        expect(() => open({ attributeNames: names })).toThrow(refusal);
        await expect(
          createTableIfNotExists(table.client, 'sessions', { attributeNames: names }),
        ).rejects.toEqual(refusal);
      }
    });
    expect(requests).toEqual([]);
  });

  test('serve a session', async () => {
    const options = { client: table.client, tableName: table.name, ...table.shape };
    const session = new DynamoDBSession({ ...options, sessionId: newId() });
    await session.addItems([{ role: 'user', content: 'a' }]);
    expect(await session.popItem()).toEqual({ role: 'user', content: 'a' });
    await session.clearSession();
  });
});

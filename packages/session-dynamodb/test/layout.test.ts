import type { DynamoDBStore } from '../src';
import { intercept, measure } from './support/requests';
import { append, commit, large, newId, recordsOf } from './support/store';
import { headerOf, logKey, newClient, TestTable } from './support/table';

const table = new TestTable();
const now = Date.now();
const open = (ttlSeconds?: number): DynamoDBStore => table.open({ ttlSeconds }, () => now);

beforeAll(() => table.create());
afterAll(() => table.drop());

describe('rows', () => {
  test('a commit is one readable row', async () => {
    const id = newId();
    await commit(open(), id, { idempotencyKey: 'first', append: ['{"a":1}', '{"b":"ä"}'] });
    await commit(open(), id, { idempotencyKey: 'second', append: ['{"c":1}'] });
    expect(await table.rows(id)).toEqual([
      {
        session_id: { S: id },
        row: { S: 'log#000000000001' },
        commit: { S: `1 first ${now} ${now} 1 2 19 2 -` },
        records: { S: '{"a":1}\n{"b":"ä"}' },
      },
      {
        session_id: { S: id },
        row: { S: 'log#000000000002' },
        commit: { S: `1 second ${now} ${now} 1 3 27 12 p5N7ZLjK` },
        records: { S: '{"c":1}' },
      },
    ]);
  });

  test('records that are no lines are one stream of bytes', async () => {
    const id = newId();
    const records = ['a\nb', Uint8Array.of(1, 2), ''];
    await append(open(), id, ...records);
    const [row] = await table.rows(id);
    expect(row?.records).toEqual({
      B: Uint8Array.of(0, 0, 0, 0, 3, 97, 10, 98, 1, 0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0),
    });
    expect(await recordsOf(open(), id)).toEqual(records);
  });

  test('versions are dense; a row tells what it drops, the length after it and the operation', async () => {
    const id = newId();
    const store = open();
    await append(store, id, 'a', 'b', 'c');
    await commit(store, id, { drop: 2, append: ['d'], operation: { id: 'o1', fingerprint: 'f1' } });
    await commit(store, id, { drop: 1, operation: { id: 'o2', fingerprint: 'f2' } });
    const rows = await table.rows(id);
    expect(rows.map(({ row }) => row?.S)).toEqual([1, 2, 3].map(logKey));
    const [first, second, third] = rows.map(headerOf);
    expect(first).toMatchObject({ base: '1', length: '3', counts: '3' });
    expect(second).toMatchObject({
      base: '1',
      length: '2',
      counts: '1-23',
      drop: '2',
      operation: 'o1',
      fingerprint: 'f1',
      operations: '1',
    });
    expect(third).toMatchObject({ length: '1', counts: '0-11-23', operations: '2' });
    expect(rows[2]).not.toHaveProperty('records');
  });

  test('a row tells how many records the sixteen rows before it append and drop', async () => {
    const id = newId();
    const store = open();
    const sizes = [1, 40, 2, 35, 36, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3];
    for (const size of sizes) await append(store, id, ...Array.from({ length: size }, () => 'a'));
    const counts = (await table.rows(id)).map((row) => headerOf(row).counts);
    expect(counts.slice(0, 6)).toEqual(['1', '+1', '2+', 'z2+', '+z2+', '1+']);
    expect(counts[21]).toBe('31111111111111111');
    for (const drop of [1, 40, 2]) await commit(store, id, { drop, append: ['b'] });
    const last = (await table.rows(id)).slice(-3).map((row) => headerOf(row).counts);
    const ones = (count: number): string => '1'.repeat(count);
    expect(last).toEqual([`1-13${ones(15)}`, `1-+1-13${ones(14)}`, '1-21-+']);
  });

  test('a session with ttlSeconds: when it expires, and some time later when its rows may go', async () => {
    const id = newId();
    await append(open(1_000), id, 'a');
    const [row] = await table.rows(id);
    const ttl = Math.ceil(now / 1_000 + 1_000 + 900 + 7_200);
    expect(row?.ttl).toEqual({ N: `${ttl}` });
    expect(headerOf(row)).toMatchObject({ expires: `${now + 1_000_000}`, log_ttl: `${ttl}` });
  });

  test("drop 'all' begins the log anew and keeps the operations", async () => {
    const id = newId();
    const store = open();
    await commit(store, id, { append: ['a'], operation: { id: 'o1', fingerprint: 'f1' } });
    await commit(store, id, { append: ['b'], operation: { id: 'o2', fingerprint: 'f2' } });
    await commit(store, id, { idempotencyKey: 'third', drop: 'all', append: ['c'] });
    const rows = await table.rows(id);
    expect(rows[2]).toMatchObject({
      row: { S: logKey(3) },
      operations: { S: expect.stringMatching(/^(o1 f1 o2 f2|o2 f2 o1 f1)$/) as string },
    });
    const header = headerOf(rows[2]);
    expect(header).toMatchObject({ base: '3', length: '1', counts: '1', operations: '2' });
    expect(Object.keys(header)).not.toContain('drop');
    expect(header.follows).toBe('-');
  });

  test('of rows before the base only tombstones are left, for a day', async () => {
    const id = newId();
    const store = open();
    await commit(store, id, { idempotencyKey: 'first', append: ['a'] });
    await commit(store, id, { idempotencyKey: 'second', drop: 'all', append: ['b'] });
    const tombstone = (version: number, commitId: string) => ({
      session_id: { S: id },
      row: { S: logKey(version) },
      tombstone: { S: expect.stringMatching(new RegExp(`^1 ${commitId} ${now}$`)) as string },
      ttl: { N: `${Math.ceil(now / 1_000 + 86_400)}` },
    });
    expect((await table.rows(id))[0]).toEqual(tombstone(1, 'first'));
    await store.clear(id);
    expect(await table.rows(id)).toEqual([
      tombstone(1, 'first'),
      tombstone(2, 'second'),
      tombstone(3, '[0-9a-f-]{36}'),
    ]);
  });

  test('what does not fit a row is in chunks, before the log', async () => {
    const id = newId();
    await append(open(1_000), id, large('a', 900_000), 'b');
    const [row] = await table.log(id);
    const { chunks: name, ...header } = headerOf(row);
    expect(name).toMatch(new RegExp(`^chunk#${now}-[0-9a-f]{16}$`));
    expect(header).toMatchObject({ length: '2', counts: '2', chunk_count: '3', chunk_records: '2' });
    expect(row).not.toHaveProperty('records');
    const chunks = await table.chunks(id);
    expect(chunks.map((chunk) => chunk.row?.S)).toEqual(
      ['001', '002', '003'].map((number) => `${name}#${number}`),
    );
    expect((await table.rows(id)).slice(0, 3)).toEqual(chunks);
    for (const chunk of chunks) expect(Number(chunk.ttl?.N)).toBeGreaterThanOrEqual(Number(row?.ttl?.N));
  });
});

test('no more is sent than PutItem, UpdateItem, Query and BatchWriteItem, for one session, reads consistent', async () => {
  const id = newId();
  const client = newClient();
  const names = new Set<string>();
  intercept(client, ({ name, input }, send) => {
    names.add(name);
    if (name === 'Query') {
      expect(input).toMatchObject({ ConsistentRead: true, ExpressionAttributeValues: { ':id': { S: id } } });
    }
    if (name === 'UpdateItem') expect(input).toMatchObject({ Key: { session_id: { S: id } } });
    if (name === 'PutItem') expect(input).toMatchObject({ Item: { session_id: { S: id } } });
    if (name === 'BatchWriteItem') {
      for (const { PutRequest, DeleteRequest } of Object.values(input.RequestItems as object).flat() as {
        PutRequest?: { Item: unknown };
        DeleteRequest?: { Key: unknown };
      }[]) {
        expect(PutRequest?.Item ?? DeleteRequest?.Key).toMatchObject({ session_id: { S: id } });
      }
    }
    return send();
  });
  const stores = [undefined, 60].map((ttlSeconds) => table.open({ client, ttlSeconds }, () => now));
  for (const store of stores) {
    await commit(store, id, { append: ['a'], operation: { id: 'o1', fingerprint: 'f' } });
    await append(store, id, large('b', 900_000));
    await store.read(id);
    await store.read(id, { last: 1 });
    await commit(store, id, { drop: 'all', append: ['c'], operation: { id: 'o2', fingerprint: 'f' } });
    await store.clear(id);
  }
  await append(stores[0] as DynamoDBStore, id, 'd');
  await append(stores[1] as DynamoDBStore, id, 'e');
  expect(names).toEqual(new Set(['PutItem', 'UpdateItem', 'Query', 'BatchWriteItem']));
  client.destroy();
});

describe('cost', () => {
  const KB = 1_024;

  test('an append is one request, two where the session was not seen before', async () => {
    const id = newId();
    const first = open();
    const unseen = await measure(table.client, () => append(first, id, 'a'));
    expect(unseen.requests).toEqual(['Query', 'PutItem']);
    let { revision } = await first.read(id);
    for (let turn = 0; turn < 3; turn++) {
      const lastSeen = revision;
      const { requests } = await measure(table.client, async () => {
        revision = await commit(first, id, { append: ['b'], lastSeen });
      });
      expect(requests).toEqual(['PutItem']);
    }
    expect(await recordsOf(first, id)).toEqual(['a', 'b', 'b', 'b']);
  });

  test('the first append after a read of nothing, a clear or an expiry is one request too', async () => {
    const id = newId();
    const store = open();
    for (const prepare of [() => store.read(id), () => store.clear(id)]) {
      await prepare();
      const { revision } = await store.read(id);
      const change = { append: ['a'], lastSeen: revision };
      expect((await measure(table.client, () => commit(store, id, change))).requests).toEqual(['PutItem']);
    }
    expect(await recordsOf(store, id)).toEqual(['a']);
  });

  test.each([1, 300, 1 * KB, 10 * KB, 100 * KB, 390 * KB])(
    'an append of %d bytes takes as many write units as the row has KB',
    async (bytes) => {
      const id = newId();
      const store = open();
      const { revision } = await store.read(id);
      const { units } = await measure(table.client, () =>
        commit(store, id, { append: [large('a', bytes)], lastSeen: revision }),
      );
      // What a row holds beside its records takes less than 250 bytes for an id of this length.
      expect(units).toBeGreaterThanOrEqual(Math.ceil(bytes / KB));
      expect(units).toBeLessThanOrEqual(Math.ceil((bytes + 250) / KB));
    },
  );

  test('a read is one request and a read unit for each 4 KB', async () => {
    const id = newId();
    const store = open();
    for (let row = 0; row < 40; row++) await append(store, id, large('a', 2_000));
    const { requests, units } = await measure(table.client, () => store.read(id));
    expect(requests).toEqual(['Query']);
    expect(units).toBeLessThanOrEqual(Math.ceil((40 * 2_250) / (4 * KB)));
  });

  test('a read of the newest few does not read the rest', async () => {
    const id = newId();
    const store = open();
    for (let row = 0; row < 40; row++) await append(store, id, large('a', 20_000), 'end');
    const { requests, units } = await measure(table.client, async () => {
      expect((await store.read(id, { last: 1 })).records).toEqual(['end']);
    });
    expect(requests).toEqual(['Query']);
    expect(units).toBeLessThanOrEqual(Math.ceil(20_250 / (4 * KB)));
  });

  test('a history that was dropped is neither read nor loaded', async () => {
    const id = newId();
    const store = open();
    await append(store, id, 'a');
    await append(store, id, large('b', 3_000_000));
    await commit(store, id, { drop: 1, append: ['c'] });
    const { requests } = await measure(table.client, async () => {
      expect(await recordsOf(store, id)).toEqual(['a', 'c']);
    });
    expect(requests).toEqual(['Query']);
  });

  test('an operation costs no read while the session has had none, and then one of the log', async () => {
    const id = newId();
    const store = open();
    await append(store, id, large('a', 1_000_000));
    let { revision } = await store.read(id);
    const operate = (operationId: string) =>
      measure(table.client, async () => {
        const operation = { id: operationId, fingerprint: 'f' };
        const lastSeen = revision;
        revision = await commit(store, id, { append: ['b'], operation, lastSeen });
      });
    expect((await operate('o1')).requests).toEqual(['PutItem']);
    expect((await operate('o2')).requests).toEqual(['Query', 'PutItem']);
  });
});

import { randomUUID } from 'node:crypto';
import type { StoredRecord } from '@agent-sessions/session-core/store';
import type { DynamoDBStore } from '../src';
import { Crash, intercept, measure, putsRow } from './support/requests';
import { append, commit, large, newId, recordsOf, tryCommit } from './support/store';
import { headerOf, newClient, TestTable } from './support/table';

const table = new TestTable();
const HOUR = 3_600_000;
let now = Date.now();
const open = (ttlSeconds?: number, client = table.client): DynamoDBStore =>
  table.open({ client, ttlSeconds, timeoutMs: 60_000 }, () => now);

beforeAll(() => table.create());
afterAll(() => table.drop());

test('a history of 12 MB is read page by page, and cleared', async () => {
  const id = newId();
  const store = open();
  const records = Array.from({ length: 48 }, (_, index) => large(`${index}:`, 250_000));
  for (const record of records) await append(store, id, record);
  const { requests } = await measure(table.client, async () => {
    expect(await recordsOf(store, id)).toEqual(records);
  });
  expect(requests.length).toBeGreaterThanOrEqual(12);
  expect(requests.length).toBeLessThanOrEqual(16);
  expect((await store.read(id, { last: 20 })).records).toEqual(records.slice(-20));
  await store.clear(id);
  const rows = await table.rows(id);
  expect(rows).toHaveLength(49);
  expect(rows.filter((row) => row.records)).toEqual([]);
});

test('250 records go in as one row', async () => {
  const id = newId();
  const records = Array.from({ length: 250 }, (_, index) => `record ${index}`);
  const { requests } = await measure(table.client, () => append(open(), id, ...records));
  expect(requests).toEqual(['Query', 'PutItem']);
  expect(await recordsOf(open(), id)).toEqual(records);
});

test.each([395, 397, 398, 399, 400, 401, 5_000])(
  'a record of %d KB comes back as it was',
  async (kilobytes) => {
    // The longest id, and no one byte more in a row than there may be.
    const id = newId().padEnd(2_048, '-');
    const store = open();
    const bytes = new Uint8Array(kilobytes * 1_024).map((_, index) => index % 253);
    const text = 'ä'.repeat(kilobytes * 512);
    await append(store, id, bytes);
    await append(store, id, text);
    const records = await recordsOf(store, id);
    expect(records).toHaveLength(2);
    expect(Buffer.compare(records[0] as Uint8Array, bytes)).toBe(0);
    expect(records[1] === text).toBe(true);
  },
);

test('commits around the size of a row all go in, whatever they consist of', async () => {
  const store = open();
  for (let bytes = 405_800; bytes <= 409_700; bytes += 150) {
    for (const count of [1, 7, 1_000]) {
      const id = newId();
      const records = Array.from({ length: count }, (_, index) =>
        large(`${index}`, Math.floor(bytes / count)),
      );
      await append(store, id, ...records);
      expect((await store.read(id)).records).toEqual(records);
    }
  }
});

test('16 MiB go in as one commit, one byte more is refused before anything is sent', async () => {
  const id = newId();
  const store = open();
  const most = Array.from({ length: 16 }, (_, index) => large(`${index}`, 1_024 * 1_024));
  const { requests } = await measure(table.client, async () => {
    await expect(append(store, id, ...most, 'x')).rejects.toMatchObject({ code: 'COMMIT_TOO_LARGE' });
  });
  expect(requests).toEqual([]);
  await append(store, id, ...most);
  expect((await recordsOf(store, id)).every((record, index) => record === most[index])).toBe(true);
});

test('a reader never sees part of a commit in chunks', async () => {
  const id = newId();
  const [reader, writer] = [open(), open()];
  await append(writer, id, 'start');
  const progress = { done: false };
  const writes = (async () => {
    for (let round = 0; round < 10; round++) {
      await commit(writer, id, { drop: 'all', append: [large('a', 450_000), large('b', 450_000), 'end'] });
    }
    progress.done = true;
  })();
  while (!progress.done) {
    const { records } = await reader.read(id);
    expect([1, 3]).toContain(records.length);
  }
  await writes;
});

describe('a writer that dies between the chunks and the row', () => {
  const word = 'conspicuous';
  const die = async (id: string, ttlSeconds?: number): Promise<void> => {
    const client = newClient();
    intercept(client, (request, send) => (putsRow(request) ? Promise.reject(new Crash()) : send()));
    await expect(append(open(ttlSeconds, client), id, large(word, 900_000))).rejects.toMatchObject({
      code: 'STORE_FAILURE',
    });
    client.destroy();
  };

  test('leaves nothing that a reader sees', async () => {
    const id = newId();
    await append(open(), id, 'a');
    await die(id);
    expect(await table.chunks(id)).toHaveLength(3);
    expect(await recordsOf(open(), id)).toEqual(['a']);
    await append(open(), id, 'b');
    expect(await recordsOf(open(), id)).toEqual(['a', 'b']);
  });

  test('leaves chunks that the next clean-up after a day deletes, and no sooner', async () => {
    const id = newId();
    await append(open(), id, 'a');
    await die(id);
    await commit(open(), id, { drop: 'all', append: ['b'] });
    expect(await table.chunks(id)).toHaveLength(3);
    now += 25 * HOUR;
    await commit(open(), id, { drop: 'all', append: ['c'] });
    expect(await table.chunks(id)).toEqual([]);
    expect(await recordsOf(open(), id)).toEqual(['c']);
  });

  test('leaves chunks that go by themselves where the session expires', async () => {
    const id = newId();
    await die(id, 60);
    await table.expire(id, now + 4 * HOUR);
    expect(await table.rows(id)).toEqual([]);
  });

  test('and whose session never came to be: a clear deletes the chunks', async () => {
    const id = newId();
    await die(id);
    now += 25 * HOUR;
    await open().clear(id);
    expect(await table.rows(id)).toEqual([]);
  });
});

describe('chunks of a commit that was refused', () => {
  const count = async (id: string): Promise<number> => (await table.chunks(id)).length;

  test('are deleted', async () => {
    const id = newId();
    const store = open();
    const ifRevision = await append(store, id, 'a');
    const client = newClient();
    // Somebody else commits after the chunks are written.
    intercept(client, async (request, send) => {
      if (putsRow(request)) await append(store, id, 'b');
      return send();
    });
    const change = { append: [large('c', 900_000)], ifRevision };
    expect(await tryCommit(open(undefined, client), id, change)).toEqual({ status: 'conflict' });
    expect(await count(id)).toBe(0);
    client.destroy();
  });

  test('serve at the next version when somebody else was faster', async () => {
    const id = newId();
    const store = open();
    await append(store, id, 'a');
    const client = newClient();
    let puts = 0;
    let chunkPuts = 0;
    intercept(client, async (request, send) => {
      if (request.name === 'PutItem' && !putsRow(request)) chunkPuts++;
      if (putsRow(request) && ++puts <= 5) await append(store, id, `b${puts}`);
      return send();
    });
    await append(open(undefined, client), id, large('c', 900_000));
    expect(await recordsOf(store, id)).toEqual(['a', 'b1', 'b2', 'b3', 'b4', 'b5', large('c', 900_000)]);
    expect(chunkPuts).toBe(3);
    expect(await count(id)).toBe(3);
    client.destroy();
  });

  test('of another commit under way are left alone by a clean-up', async () => {
    const id = newId();
    const store = open();
    await append(store, id, 'a');
    const client = newClient();
    let cleared = false;
    intercept(client, async (request, send) => {
      if (putsRow(request) && !cleared) {
        cleared = true;
        await store.clear(id);
      }
      return send();
    });
    await append(open(undefined, client), id, large('b', 900_000));
    expect(await recordsOf(store, id)).toEqual([large('b', 900_000)]);
    client.destroy();
  });
});

test('a chunk that is missing for good is an error that says so, not an empty history', async () => {
  const id = newId();
  const store = open();
  await append(store, id, large('a', 900_000));
  await table.delete((await table.chunks(id))[1] as never);
  await expect(store.read(id)).rejects.toMatchObject({
    code: 'STORE_FAILURE',
    message: expect.stringContaining('missing') as string,
  });
  await store.clear(id);
  expect(await recordsOf(store, id)).toEqual([]);
});

test('operations of a log that begins anew go into chunks where they do not fit', async () => {
  const id = newId();
  const store = open();
  const digest = (): string => `${randomUUID()}${randomUUID()}`.replaceAll('-', '').slice(0, 64);
  const operations = Array.from({ length: 3_200 }, () => ({ id: digest(), fingerprint: digest() }));
  // As 3,200 commits would leave it: one row that carries all of them but the last.
  await commit(store, id, { append: ['a'], operation: operations[0] });
  const [row] = await table.rows(id);
  const text = operations.slice(1).map(({ id, fingerprint }) => `${id} ${fingerprint}`);
  await table.put({
    ...row,
    operations: { S: text.slice(0, 3_100).join(' ') },
    operation_count: { N: '3101' },
  });
  const more: StoredRecord[] = [large('b', 20_000)];
  await commit(store, id, { drop: 'all', append: more });
  expect(headerOf((await table.log(id))[1])).toHaveProperty('chunks');
  expect(await recordsOf(store, id)).toEqual(more);
  for (const operation of [operations[0], operations[3_100]]) {
    expect((await tryCommit(store, id, { operation })).status).toBe('repeated');
  }
  expect((await tryCommit(store, id, { operation: operations[3_199] })).status).toBe('committed');
});

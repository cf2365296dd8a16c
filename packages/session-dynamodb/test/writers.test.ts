import { DynamoDBStore } from '../src';
import { Crash, intercept } from './support/requests';
import { append, commit, large, newId, recordsOf, tryCommit } from './support/store';
import { headerOf, logKey, newClient, TestTable } from './support/table';

const table = new TestTable();
const HOUR = 3_600_000;
let now = Date.now();
const open = (client = table.client, ttlSeconds?: number): DynamoDBStore =>
  table.open({ client, ttlSeconds }, () => now);

beforeAll(() => table.create());
afterAll(() => table.drop());

test('8 writers of 50 commits each: all there once, contiguous, in the order of each', async () => {
  const id = newId();
  const writers = Array.from({ length: 8 }, () => open());
  await Promise.all(
    writers.map(async (store, writer) => {
      for (let round = 0; round < 50; round++) {
        await append(store, id, `${writer}.${round}.a`, `${writer}.${round}.b`);
      }
    }),
  );
  const records = await recordsOf(open(), id);
  expect(records).toHaveLength(800);
  for (const [writer] of writers.entries()) {
    const own = records.filter((record) => String(record).startsWith(`${writer}.`));
    expect(own).toEqual(
      Array.from({ length: 50 }, (_, round) => ['a', 'b'].map((end) => `${writer}.${round}.${end}`)).flat(),
    );
  }
  for (let index = 0; index < 800; index += 2) {
    expect(String(records[index + 1]).slice(0, -1)).toBe(String(records[index]).slice(0, -1));
  }
  const keys = (await table.rows(id)).map(({ row }) => row?.S);
  expect(keys).toEqual(Array.from({ length: 400 }, (_, index) => logKey(index + 1)));
});

test('writers whose hints are always one behind lose nothing', async () => {
  const id = newId();
  const stores = [open(), open(), open()];
  let revision = await append(open(), id, 'start');
  for (const store of stores) ({ revision } = await store.read(id));
  const lastSeen = revision;
  await Promise.all(
    stores.flatMap((store, writer) =>
      Array.from({ length: 10 }, (_, round) =>
        commit(store, id, { append: [`${writer}.${round}`], lastSeen }),
      ),
    ),
  );
  expect(new Set(await recordsOf(open(), id)).size).toBe(31);
});

test('a session that others write to all the time ends in CONTENTION, in bounded time, with nothing changed', async () => {
  const id = newId();
  const client = newClient();
  const other = open();
  intercept(client, async (request, send) => {
    if (request.name === 'PutItem') await append(other, id, 'other');
    return send();
  });
  const store = new DynamoDBStore({ client, tableName: table.name, timeoutMs: 300 });
  await expect(append(store, id, 'mine')).rejects.toMatchObject({
    code: expect.stringMatching(/^(CONTENTION|TIMEOUT)$/) as string,
  });
  expect(await recordsOf(other, id)).not.toContain('mine');
  client.destroy();
});

describe('a writer that saw the session before', () => {
  /** A store that has seen version 3 of 6, and will put version 4 without looking. */
  async function outdated(id: string, ttlSeconds?: number) {
    const store = open(table.client, ttlSeconds);
    for (const record of ['a', 'b', 'c']) await append(store, id, record);
    const { revision } = await store.read(id);
    for (const record of ['d', 'e', 'f']) await append(open(table.client, ttlSeconds), id, record);
    const lastSeen = revision;
    return {
      append: (record: string) => commit(store, id, { append: [record], lastSeen }),
      replace: (record: string) =>
        tryCommit(store, id, { drop: 1, append: [record], ifRevision: revision, lastSeen }),
    };
  }

  test('a clear and its clean-up comes after the clear', async () => {
    const id = newId();
    const writer = await outdated(id);
    await open().clear(id);
    expect(await writer.replace('x')).toEqual({ status: 'conflict' });
    await writer.append('g');
    expect(await recordsOf(open(), id)).toEqual(['g']);
  });

  test('nothing, and finds it cleared but not cleaned up, writes to nothing', async () => {
    const id = newId();
    const store = open();
    const { revision: ifRevision } = await store.read(id);
    await append(open(), id, 'a');
    const client = newClient();
    intercept(client, ({ name }, send) => (name === 'BatchWriteItem' ? Promise.reject(new Crash()) : send()));
    await expect(open(client).clear(id)).rejects.toThrow();
    expect((await tryCommit(store, id, { append: ['b'], ifRevision })).status).toBe('committed');
    expect(await recordsOf(open(), id)).toEqual(['b']);
    client.destroy();
  });

  test('a compaction and its clean-up comes behind it', async () => {
    const id = newId();
    const writer = await outdated(id);
    await commit(open(), id, { drop: 'all', append: ['summary'] });
    expect(await writer.replace('x')).toEqual({ status: 'conflict' });
    await writer.append('g');
    expect(await recordsOf(open(), id)).toEqual(['summary', 'g']);
  });

  test('two clean-ups in one day finds the tombstones of the first still there', async () => {
    const id = newId();
    const writer = await outdated(id);
    await open().clear(id);
    await append(open(), id, 'again');
    await open().clear(id);
    await writer.append('g');
    expect(await recordsOf(open(), id)).toEqual(['g']);
  });

  test('more than a few minutes ago looks first', async () => {
    const id = newId();
    const writer = await outdated(id);
    now += 25 * HOUR;
    await open().clear(id);
    expect(await table.rows(id)).toHaveLength(1);
    await writer.append('g');
    expect(await recordsOf(open(), id)).toEqual(['g']);
  });

  test('expire looks first', async () => {
    const id = newId();
    const writer = await outdated(id, 60);
    now += 61_000;
    await append(open(table.client, 60), id, 'anew');
    now += 3 * HOUR;
    await table.expire(id, now);
    await append(open(table.client, 60), id, 'later');
    await writer.append('g');
    expect(await recordsOf(open(), id)).toEqual(['later', 'g']);
  });
});

describe('a clean-up', () => {
  test('deletes rows and tombstones of more than a day ago, with TTL or without', async () => {
    const id = newId();
    const store = open();
    for (const record of ['a', 'b', 'c']) await append(store, id, record);
    await store.clear(id);
    await append(store, id, 'd');
    expect(await table.rows(id)).toHaveLength(5);
    now += 25 * HOUR;
    await append(store, id, 'e');
    await commit(store, id, { drop: 'all', append: ['summary'] });
    expect((await table.rows(id)).map((row) => [row.row?.S, headerOf(row).base])).toEqual([
      [logKey(6), undefined],
      [logKey(7), '7'],
    ]);
    expect(await recordsOf(store, id)).toEqual(['summary']);
  });

  test('meets a reader between two pages, who then reads the new state', async () => {
    const id = newId();
    const store = open();
    for (let row = 0; row < 12; row++) await append(store, id, large(`${row}`, 200_000));
    const client = newClient();
    let pages = 0;
    intercept(client, async (request, send) => {
      const answer = await send();
      if (request.name === 'Query' && ++pages === 1) {
        await commit(store, id, { drop: 'all', append: ['summary'] });
      }
      return answer;
    });
    expect(await recordsOf(open(client), id)).toEqual(['summary']);
    client.destroy();
  });

  test('of deleted rows meets a reader likewise', async () => {
    const id = newId();
    const store = open();
    for (let row = 0; row < 12; row++) await append(store, id, large(`${row}`, 200_000));
    now += 25 * HOUR;
    const client = newClient();
    let pages = 0;
    intercept(client, async (request, send) => {
      const answer = await send();
      if (request.name === 'Query' && ++pages === 1) await store.clear(id);
      return answer;
    });
    expect(await recordsOf(open(client), id)).toEqual([]);
    client.destroy();
  });

  test('of chunks meets a reader likewise', async () => {
    const id = newId();
    const store = open();
    await append(store, id, large('a', 900_000));
    const client = newClient();
    let pages = 0;
    intercept(client, async (request, send) => {
      const answer = await send();
      if (request.name === 'Query' && ++pages === 1) {
        await commit(store, id, { drop: 'all', append: [large('b', 900_000)] });
      }
      return answer;
    });
    expect(await recordsOf(open(client), id)).toEqual([large('b', 900_000)]);
    client.destroy();
  });

  test('while many read, compact and clear: each read is a state that was', async () => {
    const id = newId();
    const progress = { done: false };
    const writer = open();
    await commit(writer, id, { append: Array.from({ length: 10 }, (_, index) => `0.${index}`) });
    const writes = (async () => {
      for (let round = 1; round <= 12; round++) {
        const records = Array.from({ length: 10 }, (_, index) => `${round}.${index}`);
        await commit(writer, id, { drop: 'all', append: records.slice(0, 4) });
        for (const record of records.slice(4)) await append(writer, id, record);
      }
      progress.done = true;
    })();
    const reads = Array.from({ length: 3 }, async () => {
      const reader = open();
      while (!progress.done) {
        const records = (await recordsOf(reader, id)).map(String);
        const [round] = String(records[0]).split('.');
        expect(records.length).toBeGreaterThanOrEqual(4);
        expect(records).toEqual(records.map((_, index) => `${round}.${index}`));
      }
    });
    await Promise.all([writes, ...reads]);
  });
});

describe('a transaction that others are faster than, six times in a row', () => {
  /** What comes of it, and how often it reads, when `other` makes its calls before its puts. */
  async function overtaken(id: string, calls: readonly ((other: DynamoDBStore) => Promise<unknown>)[]) {
    const other = open();
    await commit(other, id, { append: ['a'], operation: { id: 'first', fingerprint: 'f' } });
    const client = newClient();
    let puts = 0;
    let queries = 0;
    intercept(client, async ({ name }, send) => {
      if (name === 'Query') queries++;
      if (name === 'PutItem') await calls[puts++]?.(other);
      return send();
    });
    const result = await tryCommit(open(client), id, {
      append: ['tx'],
      operation: { id: 'mine', fingerprint: 'f' },
    });
    client.destroy();
    return { status: result.status, queries };
  }

  test('reads the operations once, and follows the others from there', async () => {
    const id = newId();
    const calls = Array.from({ length: 6 }, (_, call) => (other: DynamoDBStore) => {
      const operation = call % 2 === 0 ? { id: `${call}`, fingerprint: 'f' } : undefined;
      return commit(other, id, { append: [`${call}`], operation });
    });
    expect(await overtaken(id, calls)).toEqual({ status: 'committed', queries: 2 });
    expect(await recordsOf(open(), id)).toEqual(['a', '0', '1', '2', '3', '4', '5', 'tx']);
  });

  test.each([
    ['f', 'repeated'],
    ['g', 'operation-mismatch'],
  ])('notices its own id among them, with fingerprint %s', async (fingerprint, status) => {
    const id = newId();
    const calls = Array.from({ length: 6 }, (_, call) => (other: DynamoDBStore) => {
      const operation = call === 3 ? { id: 'mine', fingerprint } : undefined;
      return commit(other, id, { append: [`${call}`], operation });
    });
    // It reads again, for only the newest row can refuse a commit.
    expect(await overtaken(id, calls)).toEqual({ status, queries: 4 });
    expect(await recordsOf(open(), id)).toEqual(['a', '0', '1', '2', '3']);
  });

  test('reads them again where the log began anew meanwhile', async () => {
    const id = newId();
    const calls = [
      (other: DynamoDBStore) => commit(other, id, { drop: 'all', append: ['b'] }),
      (other: DynamoDBStore) => commit(other, id, { append: ['c'] }),
    ];
    expect((await overtaken(id, calls)).status).toBe('committed');
    expect(await recordsOf(open(), id)).toEqual(['b', 'c', 'tx']);
  });
});

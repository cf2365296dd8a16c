import { DynamoDBStore } from '../src';
import {
  connectionReset,
  Crash,
  cutOffRefusal,
  intercept,
  measure,
  putsRow,
  refusal,
} from './support/requests';
import { append, commit, large, newId, recordsOf, tryCommit } from './support/store';
import { retold, logKey, newClient, TestTable, type Item } from './support/table';

const table = new TestTable();
let now = Date.now();
const HOUR = 3_600_000;
const clients: ReturnType<typeof newClient>[] = [];
const open = (client = table.client, ttlSeconds?: number): DynamoDBStore =>
  table.open({ client, ttlSeconds }, () => now);
const ownClient = (): ReturnType<typeof newClient> => {
  const client = newClient();
  clients.push(client);
  return client;
};

/** A client that loses the answer of its first `times` requests of this kind, or puts of rows, after the server acted. */
function losing(
  kind: 'PutItem' | 'BatchWriteItem' | 'row',
  times: number,
  meanwhile?: () => Promise<unknown>,
): ReturnType<typeof newClient> {
  const client = ownClient();
  let left = times;
  intercept(client, async (request, send) => {
    const answer = await send();
    const isMeant = kind === 'row' ? putsRow(request) : request.name === kind;
    if (!isMeant || left-- <= 0) return answer;
    await meanwhile?.();
    throw connectionReset();
  });
  return client;
}

/** A client of a process that dies at the request that `isLast` picks: neither that nor any later one goes out. */
function dying(
  isLast: (name: string, input: Record<string, unknown>) => boolean,
): ReturnType<typeof newClient> {
  const client = ownClient();
  let dead = false;
  intercept(client, ({ name, input }, send) => {
    dead ||= isLast(name, input);
    return dead ? Promise.reject(new Crash()) : send();
  });
  return client;
}

beforeAll(() => table.create());
afterAll(async () => {
  for (const client of clients) client.destroy();
  await table.drop();
});

describe('a lost answer', () => {
  test('of an append: it is there once', async () => {
    const id = newId();
    const store = open(losing('PutItem', 3));
    await append(store, id, 'a', 'b');
    await append(store, id, 'c');
    expect(await recordsOf(store, id)).toEqual(['a', 'b', 'c']);
    expect(await table.rows(id)).toHaveLength(2);
  });

  test('of an append, while others append: it is there once, before them', async () => {
    const id = newId();
    const other = open();
    const store = open(losing('PutItem', 1, () => append(other, id, 'b')));
    const revision = await append(store, id, 'a');
    expect(await recordsOf(store, id)).toEqual(['a', 'b']);
    expect(revision.startsWith('1.')).toBe(true);
  });

  test('of an append, while another clears: it went in before the clear, and does not come back', async () => {
    const id = newId();
    const other = open();
    const store = open(losing('PutItem', 1, () => other.clear(id)));
    await append(store, id, 'a');
    expect(await recordsOf(store, id)).toEqual([]);
    await append(other, id, 'b');
    expect(await recordsOf(store, id)).toEqual(['b']);
  });

  test('of an append in chunks, while another compacts: it went in before that', async () => {
    const id = newId();
    const other = open();
    const store = open(losing('row', 1, () => commit(other, id, { drop: 'all', append: ['summary'] })));
    await append(store, id, large('a', 900_000));
    expect(await recordsOf(store, id)).toEqual(['summary']);
    expect(await table.chunks(id)).toEqual([]);
  });

  test('of a conditional drop: it is committed, once, and no conflict', async () => {
    const id = newId();
    const ifRevision = await append(open(), id, 'a', 'b', 'c');
    const store = open(losing('PutItem', 2));
    const result = await tryCommit(store, id, { drop: 1, append: ['d'], ifRevision });
    expect(result.status).toBe('committed');
    expect(await recordsOf(store, id)).toEqual(['a', 'b', 'd']);
  });

  test('of an operation: it is committed, not repeated', async () => {
    const id = newId();
    const operation = { id: 'o', fingerprint: 'f' };
    const result = await tryCommit(open(losing('PutItem', 1)), id, { append: ['a'], operation });
    expect(result.status).toBe('committed');
    expect((await tryCommit(open(), id, { append: ['a'], operation })).status).toBe('repeated');
  });

  test('of a compaction: it is cleaned up behind all the same', async () => {
    const id = newId();
    await append(open(), id, 'a');
    await commit(open(losing('PutItem', 1)), id, { drop: 'all', append: ['summary'] });
    expect((await table.rows(id)).map((row) => 'records' in row)).toEqual([false, true]);
  });

  test('of a clear: what others append meanwhile stays', async () => {
    const id = newId();
    const other = open();
    await append(other, id, 'a');
    await open(losing('PutItem', 1, () => append(other, id, 'b'))).clear(id);
    expect(await recordsOf(other, id)).toEqual(['b']);
  });

  test('of puts of chunks: nothing is doubled', async () => {
    const id = newId();
    await append(open(losing('PutItem', 4)), id, large('a', 900_000));
    expect(await recordsOf(open(), id)).toEqual([large('a', 900_000)]);
    expect(await table.chunks(id)).toHaveLength(3);
  });

  test("beneath us, where the SDK's own retries meet it: it is there once", async () => {
    const id = newId();
    const client = ownClient();
    let answers = 0;
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        if (++answers % 2 === 0) throw connectionReset();
        return answer;
      },
      { step: 'deserialize', priority: 'high' },
    );
    const store = open(client);
    for (const record of ['a', 'b', 'c', 'd']) await append(store, id, record);
    expect(answers).toBe(8);
    expect(await recordsOf(open(), id)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('of the clean-up of a commit that is in: the commit succeeds', async () => {
    const id = newId();
    const client = ownClient();
    const store = table.open({ client, timeoutMs: 2_000 }, () => now);
    await append(store, id, 'a');
    intercept(client, ({ name }, send) =>
      name === 'BatchWriteItem' ? Promise.reject(connectionReset()) : send(),
    );
    expect((await tryCommit(store, id, { drop: 'all', append: ['b'] })).status).toBe('committed');
    expect(await recordsOf(open(), id)).toEqual(['b']);
  });
});

describe('a process that dies', () => {
  test('between the row of a clear and its clean-up leaves what no read sees and the next clear deletes', async () => {
    const id = newId();
    await append(open(), id, 'a');
    await append(open(), id, large('b', 900_000));
    await expect(open(dying((name) => name === 'BatchWriteItem')).clear(id)).rejects.toThrow();
    expect((await table.rows(id)).filter((row) => row.records ?? row.bytes)).toHaveLength(4);
    expect(await recordsOf(open(), id)).toEqual([]);
    await open().clear(id);
    expect((await table.rows(id)).filter((row) => row.records ?? row.bytes)).toEqual([]);
  });

  test('there leaves nothing that comes back when tombstones go', async () => {
    const id = newId();
    await append(open(), id, 'a');
    await expect(open(dying((name) => name === 'BatchWriteItem')).clear(id)).rejects.toThrow();
    now += 30 * 24 * HOUR;
    await table.expire(id, now);
    expect(await recordsOf(open(), id)).toEqual([]);
    await append(open(table.client, 60), id, 'b');
    now += 30 * 24 * HOUR;
    await table.expire(id, now);
    expect(await recordsOf(open(), id)).toEqual([]);
    expect((await table.rows(id)).filter((row) => row.records)).toEqual([]);
  });

  test('in the midst of a clean-up leaves what the next one deletes', async () => {
    const id = newId();
    for (let row = 0; row < 60; row++) await append(open(), id, `a${row}`);
    let batches = 0;
    const client = dying((name) => name === 'BatchWriteItem' && ++batches === 2);
    expect((await tryCommit(open(client), id, { drop: 'all', append: ['b'] })).status).toBe('committed');
    expect((await table.rows(id)).filter((row) => row.records)).toHaveLength(36);
    expect(await recordsOf(open(), id)).toEqual(['b']);
    await append(open(), id, 'c');
    await commit(open(), id, { drop: 'all', append: ['d'] });
    expect((await table.rows(id)).filter((row) => row.records)).toHaveLength(1);
    expect(await recordsOf(open(), id)).toEqual(['d']);
  });
});

describe('a refusal that passes', () => {
  test.each([
    refusal('ProvisionedThroughputExceededException'),
    refusal('ThrottlingException'),
    refusal('RequestLimitExceeded'),
    refusal('TransactionConflictException'),
    refusal('InternalServerError', 500),
    refusal('ServiceUnavailable', 503),
    cutOffRefusal(),
  ])('is tried again: $name', async (error) => {
    const id = newId();
    const client = ownClient();
    let requests = 0;
    intercept(client, (_, send) => (++requests % 2 === 1 ? Promise.reject(error) : send()));
    const store = open(client);
    await append(store, id, 'a');
    await append(store, id, 'b');
    expect(await recordsOf(store, id)).toEqual(['a', 'b']);
    await store.clear(id);
    expect(await recordsOf(store, id)).toEqual([]);
  });

  test('is bounded, and then an error with the last one as its cause', async () => {
    const client = ownClient();
    const error = refusal('ThrottlingException');
    intercept(client, () => Promise.reject(error));
    const store = new DynamoDBStore({ client, tableName: table.name, timeoutMs: 200 });
    await expect(append(store, newId(), 'a')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: error,
    });
  });

  test('of part of a batch: the rest is sent again', async () => {
    const id = newId();
    const client = ownClient();
    let batches = 0;
    intercept(client, async ({ name, input }, send) => {
      if (name !== 'BatchWriteItem') return send();
      batches++;
      const all = (input.RequestItems as Record<string, unknown[]>)[table.name] ?? [];
      input.RequestItems = { [table.name]: all.slice(0, 1) };
      const answer = await send();
      const rest = all.slice(1);
      return { output: { ...answer.output, UnprocessedItems: rest.length ? { [table.name]: rest } : {} } };
    });
    for (const record of ['a', 'b', 'c', 'd', 'e']) await append(open(), id, record);
    await open(client).clear(id);
    // The rows one by one, then the tombstone.
    expect(batches).toBe(6);
    expect(await recordsOf(open(), id)).toEqual([]);
    expect((await table.rows(id)).filter((row) => row.records)).toEqual([]);
  });
});

describe('a row that somebody deleted', () => {
  test('is an error for who needs it', async () => {
    const id = newId();
    const store = open();
    for (const record of ['a', 'b', 'c']) await append(store, id, record);
    await table.delete((await table.rows(id))[1] as never);
    await expect(store.read(id)).rejects.toMatchObject({ code: 'STORE_FAILURE' });
    expect((await store.read(id, { last: 1 })).records).toEqual(['c']);
    await store.clear(id);
    await append(store, id, 'd');
    expect(await recordsOf(store, id)).toEqual(['d']);
  });

  test('is missed even where the number of records is right without it', async () => {
    for (const remove of [
      (row: Item) => table.delete(row),
      // What a clean-up leaves of it.
      (row: Item) => {
        const [format, key, created] = row.commit?.S?.split(' ') ?? [];
        const { session_id, row: sortKey } = row;
        const tombstone = { S: `${format} ${key} ${created}` };
        return table.put({ session_id, row: sortKey, tombstone, ttl: { N: '1' } } as Item);
      },
    ]) {
      const id = newId();
      const store = open();
      await append(store, id, 'a', 'b');
      await commit(store, id, { drop: 1 });
      await append(store, id, 'c');
      await remove((await table.rows(id))[1] as Item);
      await expect(store.read(id)).rejects.toMatchObject({ code: 'STORE_FAILURE' });
    }
  });
});

test('a row of a later format, or of somebody else, is an error and stays', async () => {
  for (const [format, code] of [
    [{ commit: { S: '2 whatever comes' } }, 'UNSUPPORTED_FORMAT'],
    [{ tombstone: { S: '2' } }, 'UNSUPPORTED_FORMAT'],
    [{}, 'STORE_MISCONFIGURED'],
  ] as const) {
    const id = newId();
    await table.put({ session_id: { S: id }, row: { S: logKey(1) }, secret: { S: 'x' }, ...format });
    const before = await table.rows(id);
    for (const action of [() => open().read(id), () => append(open(), id, 'a'), () => open().clear(id)]) {
      await expect(action()).rejects.toMatchObject({ code });
    }
    expect(await table.rows(id)).toEqual(before);
  }
});

test('a damaged row is an error that names it', async () => {
  const id = newId();
  await append(open(), id, 'a');
  const [row] = await table.rows(id);
  for (const damaged of [
    retold(row as Item, { length: 'x' }),
    retold(row as Item, { chunks: 'x' }),
    { ...row, records: { L: [{ S: 'a' }] } },
    { ...row, records: { B: Uint8Array.of(1, 2, 3) } },
    { ...row, commit: { S: '1' } },
    { ...row, commit: { S: 'x' } },
  ] as Item[]) {
    await table.put(damaged);
    await expect(open().read(id)).rejects.toMatchObject({
      code: 'CORRUPT_RECORD',
      message: expect.stringContaining(`row ${logKey(1)}`) as string,
    });
  }
  await table.put({ ...row, commit: { S: '1 key' } });
  await open().clear(id);
  expect(await recordsOf(open(), id)).toEqual([]);
});

test('a clear is at most five requests, whatever was there', async () => {
  const id = newId();
  for (const record of ['a', 'b', 'c']) await append(open(), id, record);
  const { requests } = await measure(table.client, () => open().clear(id));
  expect(requests).toEqual(['Query', 'PutItem', 'Query', 'BatchWriteItem', 'BatchWriteItem']);
});

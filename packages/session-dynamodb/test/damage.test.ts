import { SessionError } from '@agent-sessions/session-core';
import type { StoredRecord } from '@agent-sessions/session-core/store';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { intercept } from './support/requests';
import { append, commit, large, newId, recordsOf } from './support/store';
import { retold, TestTable, type Item } from './support/table';

/* A damaged row is an error, never a shorter history; and whatever is damaged can be cleared. */

type Damage = Readonly<Record<string, string | number | undefined>>;

const table = new TestTable();
const N = (value: number | string): AttributeValue => ({ N: `${value}` });
const open = (ttlSeconds?: number) => table.open({ ttlSeconds });

beforeAll(() => table.create());
afterAll(() => table.drop());

/** A session with each kind of row, at two or more versions: returns what it holds. */
async function fill(id: string): Promise<readonly StoredRecord[]> {
  const store = open();
  await append(store, id, 'x');
  await commit(store, id, { drop: 'all', append: ['a', 'b'], operation: { id: 'o1', fingerprint: 'f' } });
  await append(store, id, 'c', 'd', 'e');
  await commit(store, id, { drop: 2, append: ['f'], operation: { id: 'o2', fingerprint: 'f' } });
  await append(store, id, large('g', 450_000), 'h');
  await commit(store, id, { drop: 1, append: ['i'] });
  return recordsOf(store, id);
}

/** As it would be without the damage, or an error that says that something is wrong. */
async function expectTold(id: string, records: readonly StoredRecord[], last?: number): Promise<boolean> {
  try {
    const read = await open().read(id, { last });
    expect(read.records).toEqual(last === undefined ? records : records.slice(-last));
    return false;
  } catch (error) {
    if (!SessionError.is(error)) throw error;
    expect(['CORRUPT_RECORD', 'STORE_FAILURE']).toContain(error.code);
    return true;
  }
}

async function expectClearable(id: string): Promise<void> {
  await open().clear(id);
  expect((await table.rows(id)).filter((row) => row.records ?? row.bytes)).toEqual([]);
  expect(await recordsOf(open(), id)).toEqual([]);
  await append(open(), id, 'new');
  expect(await recordsOf(open(), id)).toEqual(['new']);
}

test.each<[string, number, Damage]>([
  ['a negative length', 5, { length: -5 }],
  ['a length that is too small', 5, { length: 1 }],
  ['a length of 0', 5, { length: 0 }],
  ['a length that is too large', 5, { length: 70 }],
  ['a length within the log', 2, { length: 2 }],
  ['a negative drop', 3, { drop: -1_000 }],
  ['a drop that is too large', 5, { drop: 3 }],
  ['a drop where the log begins', 1, { drop: 1 }],
  ['a base behind its row', 5, { base: 60 }],
  ['a base that is later than it was', 5, { base: 4 }],
  ['a base of 0', 5, { base: 0 }],
  ['a base that is gone', 5, { base: '' }],
  ['chunk_records beyond what is there', 4, { chunk_records: 9 }],
  ['chunk_records below what is there', 4, { chunk_records: 1 }],
  ['negative chunk_records', 4, { chunk_records: -1 }],
  ['a negative operations', 5, { operations: -1 }],
  ['a fraction', 5, { length: '1.5' }],
  ['a number past 2^53', 5, { length: '9007199254740993' }],
  ['counts that its records contradict', 1, { counts: '3' }],
  ['counts that are none', 5, { counts: '-' }],
  ['no row that it follows', 5, { follows: undefined }],
  ['a negative time', 5, { created: -1 }],
  ['no time when the session began', 5, { began: 'x' }],
  ['a chunk_count of 0', 4, { chunk_count: 0 }],
  ['a chunk_count that is too small', 4, { chunk_count: 1 }],
])('%s is told, and can be cleared', async (_, index, damage) => {
  const id = newId();
  const records = await fill(id);
  const row = (await table.log(id))[index] as Item;
  await table.put(retold(row, damage));
  expect(await expectTold(id, records)).toBe(true);
  await expectClearable(id);
});

test('what a row tells that is cut short makes it no tombstone', async () => {
  const id = newId();
  const records = await fill(id);
  const { commit: header, ...row } = (await table.log(id)).at(-1) as Item;
  const cut = { S: header?.S?.split(' ').slice(0, 3).join(' ') as string };
  await table.put({ ...row, commit: cut, ttl: N(Math.ceil(Date.now() / 1_000) + 86_400) });
  expect(await expectTold(id, records)).toBe(true);
  await expectClearable(id);
});

test.each<[string, Item]>([
  ['fewer lines', { records: { S: 'a' } }],
  ['more lines', { records: { S: 'a\nb\nc' } }],
  ['a list', { records: { L: [{ S: 'a' }, { S: 'b' }] } }],
  ['bytes that are no stream', { records: { B: Uint8Array.of(0, 0, 0, 0, 9, 1) } }],
  ['fewer records in a stream', { records: { B: Uint8Array.of(0, 0, 0, 0, 1, 97) } }],
])('records that are %s are told, and can be cleared', async (_, damage) => {
  const id = newId();
  const records = await fill(id);
  const row = (await table.log(id))[1] as Item;
  await table.put({ ...row, ...damage });
  expect(await expectTold(id, records)).toBe(true);
  await expectClearable(id);
});

test.each<[string, Item]>([
  ['of another type', { bytes: { S: 'x' } }],
  ['without its bytes', { bytes: { NULL: true } }],
  ['of no bytes', { bytes: { B: new Uint8Array(0) } }],
])('a chunk %s is told, and can be cleared', async (_, damage) => {
  const id = newId();
  const records = await fill(id);
  for (const chunk of await table.chunks(id)) {
    await table.put({ ...chunk, ...damage });
    await expect(open().read(id)).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await table.put(chunk);
    expect(await recordsOf(open(), id)).toEqual(records);
  }
  await table.put(...(await table.chunks(id)).map((chunk) => ({ ...chunk, ...damage })));
  await expectClearable(id);
});

test.each(['one', 'one two three', ' ', 'one  three'])(
  'operations that are none (%j) are told',
  async (S) => {
    const id = newId();
    await fill(id);
    await commit(open(), id, { drop: 'all', append: ['z'] });
    const row = (await table.log(id)).at(-1) as Item;
    await table.put({ ...row, operations: { S } });
    await expect(
      commit(open(), id, { append: ['y'], operation: { id: 'o3', fingerprint: 'f' } }),
    ).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    await expectClearable(id);
  },
);

test.each(['999999999999', '9000000000000', '00000000000x', '7', '7.5', 'x'])(
  'a row at the malformed key log#%s is told, and can be cleared',
  async (digits) => {
    const id = newId();
    await fill(id);
    const row = (await table.log(id)).at(-1) as Item;
    await table.put({ ...row, row: { S: `log#${digits}` } });
    for (const action of [() => open().read(id), () => append(open(), id, 'z')]) {
      await expect(action()).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    }
    await expectClearable(id);
  },
);

test.each(['log#', 'log#-1', 'log#000000000000'])(
  'a row at the malformed key %s, before all others, goes',
  async (key) => {
    const id = newId();
    await append(open(), id, 'a');
    const [row] = await table.log(id);
    await table.put({ ...row, row: { S: key } });
    expect(await recordsOf(open(), id)).toEqual(['a']);
    await expectClearable(id);
  },
);

test('a row at a malformed key within the log is told by who reads it, and can be cleared', async () => {
  const id = newId();
  const records = await fill(id);
  const row = (await table.log(id)).at(-1) as Item;
  await table.put({ ...row, row: { S: 'log#0000000000035' } });
  expect(await expectTold(id, records)).toBe(true);
  await expectClearable(id);
});

test('a damaged row of a later format is still one of a later format: it is not cleared', async () => {
  const id = newId();
  await fill(id);
  const row = (await table.log(id)).at(-1) as Item;
  await table.put(retold(row, { format: 2, length: -5 }));
  await expect(open().clear(id)).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
});

test('a read of the newest few asks for no more rows than a page can have, whatever a row says that it drops', async () => {
  const id = newId();
  for (let row = 0; row < 20; row++) await append(open(), id, 'a', 'b');
  const newest = (await table.rows(id)).at(-1) as Item;
  await table.put(retold(newest, { drop: Number.MAX_SAFE_INTEGER }));
  const limits: unknown[] = [];
  const stop = intercept(table.client, async ({ input }, send) => {
    limits.push(input.Limit);
    return send();
  });
  await expect(open().read(id, { last: 5 })).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  stop();
  expect(limits).toEqual([1, 10_000]);
});

test('whatever number of whatever row is damaged: the same history, or an error', async () => {
  const id = newId();
  const records = await fill(id);
  const rows = (await table.log(id)).filter((row) => row.commit);
  const numbers = ['length', 'drop', 'base', 'chunk_records', 'chunk_count', 'operations'];
  const values = fc.oneof(
    fc.integer({ min: -10, max: 12 }),
    fc.constantFrom(1.5, -1_000, 2 ** 53 - 1, 2 ** 53, 1e30),
  );
  let told = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...rows),
      fc.constantFrom(...numbers),
      values,
      async (row, name, value) => {
        await table.put(retold(row, { [name]: value }));
        if (await expectTold(id, records)) told++;
        await table.put(row);
      },
    ),
    { numRuns: 150 },
  );
  expect(told).toBeGreaterThan(30);
});

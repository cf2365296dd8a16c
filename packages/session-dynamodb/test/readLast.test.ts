import fc from 'fast-check';
import { measure } from './support/requests';
import { append, commit, large, newId } from './support/store';
import { headerOf, TestTable, type Item } from './support/table';

/* The newest few records cost what the rows take that hold them, whatever the sizes of rows are. */

const table = new TestTable();
const UNIT = 4_096;
const PAGE = 1_024 * 1_024;

beforeAll(() => table.create());
afterAll(() => table.drop());

interface Planned {
  /** Of each record. */
  readonly bytes: number;
  readonly count: number;
  readonly drop: number;
}

async function put(id: string, rows: readonly Planned[]): Promise<void> {
  const store = table.open();
  let lastSeen: string | undefined;
  for (const [index, { bytes, count, drop }] of rows.entries()) {
    const records = Array.from({ length: count }, (_, record) => large(`${index}.${record} `, bytes));
    lastSeen = await commit(store, id, { append: records, drop, lastSeen });
  }
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function sizeOf(row: Item): number {
  return Object.entries(row).reduce(
    (sum, [name, { S = '', N }]) => sum + name.length + Buffer.byteLength(S) + (N ? N.length / 2 + 1 : 0),
    0,
  );
}

/** The newest rows that hold the newest `last` records. */
function rowsFor(log: readonly Item[], last: number): readonly Item[] {
  let wanted = last;
  let dropped = 0;
  let length = 0;
  for (const row of log.toReversed()) {
    const { counts = '', drop = '0' } = headerOf(row);
    const count = parseInt(counts[0] ?? '', 36);
    wanted -= Math.max(0, count - dropped);
    dropped = Math.max(0, dropped - count) + Number(drop);
    length++;
    if (wanted <= 0) break;
  }
  return log.slice(-length);
}

/** What a read of the newest costs, and the least that it could. */
async function costOf(id: string, log: readonly Item[], last: number) {
  const rows = rowsFor(log, last);
  const bytes = rows.reduce((sum, row) => sum + sizeOf(row), 0);
  const least = { rows: rows.length, requests: Math.ceil(bytes / PAGE), units: Math.ceil(bytes / UNIT) };
  const whole = await table.open().read(id);
  const { requests, units } = await measure(table.client, async () => {
    expect((await table.open().read(id, { last })).records).toEqual(whole.records.slice(-last));
  });
  return { requests: requests.length, units, least };
}

const row = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ count: fc.integer({ min: 1, max: 3 }), bytes: fc.constantFrom(60, 900, 3_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ count: fc.integer({ min: 4, max: 35 }), bytes: fc.constantFrom(40, 800, 2_000) }),
  },
  fc.record({ count: fc.integer({ min: 1, max: 2 }), bytes: fc.constantFrom(20_000, 150_000) }),
);
const drop = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 4 }));

test.each<[string, fc.Arbitrary<Planned>]>([
  ['of any sizes', row.map((sizes) => ({ ...sizes, drop: 0 }))],
  ['that drop some, too', fc.tuple(row, drop).map(([sizes, drop]) => ({ ...sizes, drop }))],
  [
    'many of which are pops',
    fc
      .tuple(row, fc.boolean())
      .map(([{ bytes, count }, pops]) => (pops ? { bytes, count: 0, drop: 1 } : { bytes, count, drop: 0 })),
  ],
])('rows %s: no more rows than needed, in at most two more requests', async (_, planned) => {
  await fc.assert(
    fc.asyncProperty(
      row,
      fc.array(planned, { minLength: 1, maxLength: 45 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 4, maxLength: 4 }),
      async (first, rows, lasts) => {
        const id = newId();
        await put(id, [{ ...first, drop: 0 }, ...rows]);
        const log = await table.log(id);
        const length = Number(headerOf(log.at(-1)).length);
        for (const last of lasts.filter((last) => last < length)) {
          const { requests, units, least } = await costOf(id, log, last);
          // The counts of two rows reach so far; for more rows see below.
          if (least.rows > 33) continue;
          expect(requests).toBeLessThanOrEqual(least.requests + 2);
          // Each request rounds its units up: beside that there is nothing that is not needed.
          expect(units).toBeLessThanOrEqual(least.units + requests - 1);
          if (least.units >= 4) expect(units).toBeLessThanOrEqual(1.5 * least.units);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test.each<[string, (index: number) => number]>([
  ['of one record each', () => 1],
  ['of two records each', () => 2],
  ['as turns make them', (index) => (index % 2 === 0 ? 1 : 3)],
  ['of 25 records each', () => 25],
  ['of one to eight records', (index) => 1 + ((index * 7) % 8)],
  ['of many sizes', (index) => [1, 1, 12, 2, 1, 25, 3, 1][(index * 5) % 8] as number],
])('many rows, %s', async (_, countOf) => {
  const id = newId();
  await put(
    id,
    Array.from({ length: 200 }, (_, index) => ({ bytes: 877, count: countOf(index), drop: 0 })),
  );
  const log = await table.log(id);
  const length = Number(headerOf(log.at(-1)).length);
  for (const last of [1, 2, 10, 20, 50, 100, 150, 199, 400].filter((last) => last < length)) {
    const { requests, units, least } = await costOf(id, log, last);
    expect(requests).toBeLessThanOrEqual(least.requests + 2);
    expect(units).toBeLessThanOrEqual(1.5 * Math.max(least.units, 2));
  }
});

test('more than there are: all, in two requests', async () => {
  const id = newId();
  for (let row = 0; row < 60; row++) await append(table.open(), id, `${row}`);
  for (const last of [60, 61, 1_000_000]) {
    const { requests } = await measure(table.client, async () => {
      expect((await table.open().read(id, { last })).records).toHaveLength(60);
    });
    expect(requests).toEqual(['Query', 'Query']);
  }
});

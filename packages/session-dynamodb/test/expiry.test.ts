import { NO_HISTORY, type SessionError } from '@agent-sessions/session-core/store';
import type { DynamoDBStore } from '../src';
import { Crash, intercept, measure, refusal } from './support/requests';
import { append, commit, large, newId, recordsOf, tryCommit } from './support/store';
import { beginsLog, newClient, TestTable, type Item } from './support/table';

const table = new TestTable();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SLACK = 15 * MINUTE;
let now = Date.now();
const open = (ttlSeconds?: number, client = table.client): DynamoDBStore =>
  table.open({ client, ttlSeconds }, () => now);
const ttls = (rows: Item[]): (number | undefined)[] =>
  rows.map(({ ttl }) => (ttl ? Number(ttl.N) : undefined));

beforeAll(() => table.create());
afterAll(() => table.drop());

describe('an expired session that DynamoDB is about to delete', () => {
  test.each(['commit', 'clear'] as const)('hides nothing of a session that begins anew: %s', async (late) => {
    const id = newId();
    const old = open(60);
    for (const record of ['a', 'b', 'c']) await append(old, id, record);
    now += 3 * HOUR;
    const reader = open(60);
    const { revision } = await reader.read(id);

    // DynamoDB deletes the rows between the reader's look and its write.
    let lastSeen: string | undefined;
    const beginner = open(60);
    const client = newClient();
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName === 'PutItemCommand' && lastSeen === undefined) {
          lastSeen = '';
          for (const row of await table.rows(id)) await table.delete(row);
          lastSeen = await append(beginner, id, 'x');
        }
        return next(args);
      },
      { step: 'initialize' },
    );
    const writer = table.open({ client, ttlSeconds: 60 }, () => now);
    if (late === 'commit') await commit(writer, id, { append: ['r'], lastSeen: revision });
    else await writer.clear(id);
    // The beginner knows where its session ends, and puts the next row there without looking.
    expect(lastSeen).toMatch(/^1\./);
    await commit(beginner, id, { append: ['y'], lastSeen });
    expect(await recordsOf(open(60), id)).toEqual(late === 'commit' ? ['x', 'r', 'y'] : ['y']);
    client.destroy();
  });

  test('does not let a remembered end hide what begins anew', async () => {
    const id = newId();
    const [old, reader, beginner] = [open(60), open(60), open(60)];
    for (const record of ['a', 'b', 'c']) await append(old, id, record);
    now += 3 * HOUR;
    const { revision } = await reader.read(id);
    for (const row of await table.rows(id)) await table.delete(row);
    await append(beginner, id, 'x');
    await commit(reader, id, { append: ['r'], lastSeen: revision });
    await append(beginner, id, 'y');
    expect(await recordsOf(open(60), id)).toEqual(['x', 'r', 'y']);
  });
});

describe('a row that has expired', () => {
  test('is no end of the session where others have put more behind it: a remembered one', async () => {
    const id = newId();
    const [first, second] = [open(60), open(60)];
    const lastSeen = await append(first, id, 'a');
    now += 50_000;
    await append(second, id, 'b');
    now += 11_000;
    await commit(first, id, { append: ['c'], lastSeen });
    expect(await recordsOf(open(60), id)).toEqual(['a', 'b', 'c']);
  });

  test('is no end of the session where others have put more behind it: one that is in the way', async () => {
    const id = newId();
    const [first, second] = [open(60), open(60)];
    const { revision: lastSeen } = await first.read(id);
    await append(second, id, 'a');
    now += 50_000;
    await append(second, id, 'b');
    now += 11_000;
    await commit(first, id, { append: ['c'], lastSeen });
    expect(await recordsOf(open(60), id)).toEqual(['a', 'b', 'c']);
  });

  test('is no end of the session where others have put more behind it: clocks that differ by two hours', async () => {
    const id = newId();
    const slow = (ttlSeconds: number): DynamoDBStore => table.open({ ttlSeconds }, () => now - 2 * HOUR);
    const store = open(60);
    const { revision: lastSeen } = await store.read(id);
    await append(slow(60), id, 'a');
    await append(slow(7_230), id, 'b');
    await commit(store, id, { append: ['c'], lastSeen });
    expect(await recordsOf(open(60), id)).toEqual(['a', 'b', 'c']);
  });

  test.each(['commit', 'clear'] as const)(
    'is not destroyed by a %s while a writer that saw it alive is on its way',
    async (other) => {
      const id = newId();
      await append(open(60), id, 'a');
      const [late, client] = [newClient(), newClient()];
      let isPut = false;
      intercept(late, async ({ name }, send) => {
        if (name !== 'PutItem' || isPut) return send();
        isPut = true;
        now += 1_000;
        let puts = 0;
        intercept(client, async ({ name }, sendOther) => {
          const answer = await sendOther();
          if (name === 'PutItem' && ++puts === 1) await send().catch(() => undefined);
          return answer;
        });
        await (other === 'commit' ? append(open(60, client), id, 'b') : open(60, client).clear(id));
        return send();
      });
      now += MINUTE - 1;
      await append(open(60, late), id, 'c');
      expect(await recordsOf(open(60), id)).toEqual(other === 'commit' ? ['b', 'c'] : ['c']);
      late.destroy();
      client.destroy();
    },
  );
});

describe('what has expired', () => {
  test('is gone at once, whatever rows are still there', async () => {
    const id = newId();
    const store = open(60);
    for (const record of ['a', 'b', 'c']) await append(store, id, record);
    now += MINUTE - 1;
    expect(await recordsOf(store, id)).toEqual(['a', 'b', 'c']);
    now += 1;
    for (let left = 3; left >= 0; left--) {
      expect(await store.read(id)).toEqual({ records: [], revision: NO_HISTORY });
      expect(await store.read(id, { last: 1 })).toEqual({ records: [], revision: NO_HISTORY });
      const rows = await table.rows(id);
      expect(rows).toHaveLength(left);
      // DynamoDB deletes row by row, in no order.
      if (left > 0) await table.delete(rows[(left * 7) % rows.length] as Item);
    }
  });

  test('is not part of what is written then, and goes', async () => {
    const id = newId();
    const store = open(60);
    const operation = { id: 'o', fingerprint: 'f' };
    await commit(store, id, { append: ['a'], operation });
    await append(store, id, large('b', 900_000));
    now += MINUTE;
    await commit(store, id, { append: ['c'], operation, ifRevision: NO_HISTORY });
    expect(await recordsOf(store, id)).toEqual(['c']);
    expect((await table.rows(id)).map((row) => 'records' in row || 'bytes' in row)).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('is deleted by a clear at once', async () => {
    const id = newId();
    for (const record of ['a', large('b', 900_000)]) await append(open(60), id, record);
    now += MINUTE;
    await open(60).clear(id);
    expect((await table.rows(id)).filter((row) => row.records ?? row.bytes)).toEqual([]);
  });

  test('cannot be extended by a writer that saw it alive', async () => {
    const id = newId();
    const store = open(60);
    const revision = await append(store, id, 'a');
    now += MINUTE;
    const lastSeen = revision;
    await commit(store, id, { append: ['b'], lastSeen });
    expect(await recordsOf(store, id)).toEqual(['b']);
    expect((await tryCommit(store, id, { append: ['c'], ifRevision: revision })).status).toBe('conflict');
  });
});

describe('a session that lives for many times its ttl', () => {
  test.each([
    ['ten minutes', 600, 9 * MINUTE, 32],
    ['an hour', 3_600, 50 * MINUTE, 30],
    ['thirty days', 30 * 86_400, 12 * DAY, 20],
  ])(
    'of %s loses nothing, and is rewritten seldom',
    async (_, ttlSeconds, step, rounds) => {
      const id = newId();
      const store = open(ttlSeconds);
      const start = now;
      let rewritten = 0;
      const expected: string[] = [];
      for (let round = 0; round < rounds; round++) {
        expected.push(`${round}`);
        await append(store, id, `${round}`);
        now += step;
        const newest = (await table.expire(id, now)).at(-1);
        if (round > 0 && beginsLog(newest)) rewritten++;
      }
      expect(await recordsOf(store, id)).toEqual(expected);
      const margin = Math.max(2 * HOUR, (ttlSeconds * 1_000) / 2);
      expect(rewritten).toBeGreaterThan(0);
      expect(rewritten).toBeLessThanOrEqual(Math.ceil((now - start) / margin));
      now += ttlSeconds * 1_000;
      expect(await recordsOf(store, id)).toEqual([]);
      now += margin + SLACK;
      await table.expire(id, now);
      expect((await table.rows(id)).filter((row) => row.records)).toEqual([]);
    },
    60_000,
  );

  test('is extended where its history takes longer to renew than a call has time: several calls get there', async () => {
    const id = newId();
    const records = Array.from({ length: 8 }, (_, index) => large(`${index}`, 1_024 * 1_024));
    for (let half = 0; half < 2; half++) {
      await append(open(7_200), id, ...records.slice(half * 4, half * 4 + 4));
    }
    now += 1.9 * HOUR;
    await append(open(7_200), id, 'x');
    now += 1.9 * HOUR;
    // As on AWS, where a partition takes 1,000 write units a second: of 8 MB in 22 chunks, a call renews 8.
    const client = newClient();
    const updates = { thisCall: 0, calls: 0 };
    intercept(client, ({ name }, send) => {
      if (name !== 'UpdateItem' || ++updates.thisCall <= 8) return send();
      return Promise.reject(refusal('ProvisionedThroughputExceededException'));
    });
    const slow = table.open({ client, ttlSeconds: 7_200, timeoutMs: 3_000 }, () => now);
    for (let landed = false; !landed && updates.calls < 10; updates.calls++) {
      updates.thisCall = 0;
      const call = tryCommit(slow, id, { append: ['y'] });
      landed = await call.then(
        () => true,
        (error: unknown) => {
          expect(['STORE_UNAVAILABLE', 'TIMEOUT']).toContain((error as SessionError).code);
          return false;
        },
      );
    }
    expect(updates.calls).toBeGreaterThan(1);
    expect(updates.calls).toBeLessThan(8);
    now += 1.9 * HOUR;
    await table.expire(id, now);
    const all = await recordsOf(open(7_200), id);
    expect(all.slice(0, 8).every((record, index) => record === records[index])).toBe(true);
    expect(all.slice(8)).toEqual(['x', 'y']);
    client.destroy();
  }, 120_000);

  test('is renewed in part before it has to be', async () => {
    const id = newId();
    for (const name of ['a', 'b', 'c']) await append(open(7_200), id, large(name, 900_000));
    // Of the two hours that its rows have left, a tenth is over when the session has come close to them.
    now += 1.9 * HOUR;
    const { requests } = await measure(table.client, () => append(open(7_200), id, 'd'));
    expect(requests).toContain('UpdateItem');
    now += HOUR;
    await table.expire(id, now);
    const later = await measure(table.client, () => append(open(7_200), id, 'e'));
    expect(later.requests).toEqual(['Query', 'PutItem']);
    expect(await recordsOf(open(7_200), id)).toHaveLength(5);
  });

  test.each([
    ['that is small', 10],
    ['that is renewed row by row', 450_000],
  ])('and %s costs no more than its bytes in each margin, for nothing is deleted', async (_, bytes) => {
    const id = newId();
    const store = open(7_200);
    await append(store, id, large('a', bytes));
    let total = 0;
    for (let hours = 0; hours < 40; hours++) {
      now += HOUR;
      const { requests, units } = await measure(table.client, () => append(store, id, `${hours}`));
      expect(requests).not.toContain('BatchWriteItem');
      total += units;
      await table.expire(id, now);
    }
    const readUnits = 40 * Math.ceil(bytes / 4_000);
    expect(total).toBeLessThanOrEqual(40 + 20 * (Math.ceil(bytes / 1_000) + 40) + readUnits);
    expect(await recordsOf(store, id)).toHaveLength(41);
  });

  test('keeps its operations', async () => {
    const id = newId();
    const store = open(7_200);
    const operations = Array.from({ length: 8 }, (_, index) => ({
      id: `o${index}`,
      fingerprint: `f${index}`,
    }));
    for (const operation of operations) {
      await commit(store, id, { append: [operation.id], operation });
      now += 1.9 * HOUR;
      await append(store, id, 'x');
      now += 1.9 * HOUR;
      await table.expire(id, now);
    }
    expect((await table.rows(id)).length).toBeLessThan(8);
    for (const operation of operations) {
      expect((await tryCommit(store, id, { operation })).status).toBe('repeated');
      const other = { ...operation, fingerprint: 'other' };
      expect((await tryCommit(store, id, { operation: other })).status).toBe('operation-mismatch');
    }
  });

  test('keeps what is in chunks', async () => {
    const id = newId();
    const store = open(7_200);
    const records = [large('a', 900_000), large('b', 500_000)];
    for (const record of records) await append(store, id, record);
    for (let step = 0; step < 8; step++) {
      now += 1.9 * HOUR;
      await append(store, id, `${step}`);
      await table.expire(id, now);
    }
    expect((await recordsOf(store, id)).slice(0, 2)).toEqual(records);
    expect(await table.chunks(id)).toHaveLength(3 + 2);
    now += 2 * HOUR + 4 * HOUR + SLACK;
    await table.expire(id, now);
    expect(await table.rows(id)).toEqual([]);
  });

  test('is dropped from while it is rewritten', async () => {
    const id = newId();
    const store = open(7_200);
    await append(store, id, 'a', 'b', 'c');
    for (let step = 0; step < 12; step++) {
      now += 1.9 * HOUR;
      await commit(store, id, { drop: 1, append: [`${step}`] });
      await table.expire(id, now);
    }
    expect(await recordsOf(store, id)).toEqual(['a', 'b', '11']);
    expect((await table.rows(id)).length).toBeLessThan(12);
  });
});

describe('stores with other ttlSeconds', () => {
  test('from never to some time: the rows before are rewritten, and go in time', async () => {
    const id = newId();
    for (const record of ['a', 'b', large('c', 900_000)]) await append(open(), id, record);
    await append(open(60), id, 'd');
    await append(open(60), id, 'e');
    expect(await recordsOf(open(), id)).toEqual(['a', 'b', large('c', 900_000), 'd', 'e']);
    expect(ttls(await table.rows(id))).not.toContain(undefined);
    now += MINUTE;
    expect(await recordsOf(open(), id)).toEqual([]);
    now += 4 * HOUR;
    await table.expire(id, now);
    expect((await table.rows(id)).filter((row) => row.records ?? row.bytes)).toHaveLength(0);
    expect(await recordsOf(open(), id)).toEqual([]);
  });

  test('from never to some time, and a crash before the rows have a ttl: what is hidden never comes back', async () => {
    const id = newId();
    for (const record of ['a', 'b']) await append(open(), id, record);
    const client = newClient();
    intercept(client, ({ name }, send) => (name === 'UpdateItem' ? Promise.reject(new Crash()) : send()));
    await append(open(60, client), id, 'c');
    expect(await recordsOf(open(), id)).toEqual(['a', 'b', 'c']);
    now += 30 * DAY;
    await table.expire(id, now);
    expect(await recordsOf(open(), id)).toEqual([]);
    await append(open(60), id, 'd');
    now += 30 * DAY;
    await table.expire(id, now);
    expect(await recordsOf(open(), id)).toEqual([]);
    expect((await table.rows(id)).filter((row) => row.records)).toEqual([]);
    client.destroy();
  });

  test.each([0, 1, 2, 3])(
    'from never to some time: whichever row DynamoDB deletes first, and after %d updates, none comes back',
    async (updates) => {
      const id = newId();
      for (const record of ['a', 'b']) await append(open(), id, record);
      const client = newClient();
      let count = 0;
      let sent: Promise<unknown> = Promise.resolve();
      intercept(client, async ({ name }, send) => {
        if (name !== 'UpdateItem') return send();
        if (++count > updates) {
          await sent;
          throw new Crash();
        }
        const answer = send();
        sent = Promise.all([sent, answer]);
        return answer;
      });
      await append(open(60, client), id, 'c');
      now += 30 * DAY;
      for (;;) {
        const due = (await table.rows(id)).filter(({ ttl }) => ttl && Number(ttl.N) <= now / 1_000);
        const newest = due.pop();
        if (newest === undefined) break;
        await table.delete(newest);
        expect(await recordsOf(open(60), id)).toEqual([]);
      }
      expect(await table.rows(id)).toHaveLength(updates === 3 ? 0 : 3 - updates);
      client.destroy();
    },
  );

  test('from never to some time, a day later: the parts of the rows before stay', async () => {
    const id = newId();
    await append(open(), id, large('a', 900_000));
    now += 25 * HOUR;
    await append(open(60), id, 'b');
    expect(await recordsOf(open(60), id)).toEqual([large('a', 900_000), 'b']);
  });

  test('from never to a day to an hour: whichever row DynamoDB deletes first, none comes back', async () => {
    const id = newId();
    await append(open(), id, 'a');
    const client = newClient();
    intercept(client, ({ name }, send) => (name === 'UpdateItem' ? Promise.reject(new Crash()) : send()));
    await append(open(86_400, client), id, 'b');
    await append(open(3_600), id, 'c');
    for (const hours of [2, 2, 4, 8, 8]) {
      now += hours * HOUR;
      for (const row of (await table.rows(id)).reverse()) {
        if (row.ttl && Number(row.ttl.N) <= now / 1_000) await table.delete(row);
        expect(await recordsOf(open(60), id)).toEqual([]);
      }
    }
    now += 2 * DAY;
    await table.expire(id, now);
    expect(await table.rows(id)).toEqual([]);
    client.destroy();
  });

  test('from never to some time, while others write: all rows get a ttl', async () => {
    const id = newId();
    for (const record of ['a', 'b']) await append(open(), id, record);
    const client = newClient();
    let once = true;
    intercept(client, async ({ name }, send) => {
      if (name === 'UpdateItem' && once) {
        once = false;
        await append(open(3_600), id, 'd');
      }
      return send();
    });
    await append(open(60, client), id, 'c');
    await append(open(60), id, 'e');
    expect(await recordsOf(open(), id)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(ttls(await table.rows(id))).not.toContain(undefined);
    client.destroy();
  });

  test('from never to some time, and cleared meanwhile: no row comes back', async () => {
    const id = newId();
    for (const record of ['a', 'b']) await append(open(), id, record);
    const client = newClient();
    intercept(client, async ({ name }, send) => {
      if (name === 'UpdateItem') await open().clear(id);
      return send();
    });
    // The clean-up behind it fails for as long as it has time.
    await append(
      table.open({ ttlSeconds: 60, client, timeoutMs: 3_000 }, () => now),
      id,
      'c',
    );
    expect((await table.rows(id)).filter((row) => row.records)).toEqual([]);
    expect(ttls(await table.rows(id))).not.toContain(undefined);
    client.destroy();
  });

  test('a ttl that arrives late shortens no time that was given since', async () => {
    const id = newId();
    await append(open(), id, large('a', 450_000));
    const client = newClient();
    let late: (() => Promise<unknown>) | undefined;
    intercept(client, ({ name }, send) => {
      if (name !== 'UpdateItem') return send();
      late ??= send;
      return Promise.reject(new Crash());
    });
    await append(open(60, client), id, 'b');
    await append(open(), id, 'c');
    await late?.().catch(() => undefined);
    now += 30 * DAY;
    await table.expire(id, now);
    expect(await recordsOf(open(), id)).toEqual([large('a', 450_000), 'b', 'c']);
    client.destroy();
  });

  test('from some time to never: nothing vanishes', async () => {
    const id = newId();
    for (const record of ['a', large('b', 900_000)]) await append(open(60), id, record);
    await append(open(), id, 'c');
    await append(open(), id, 'd');
    now += 30 * DAY;
    await table.expire(id, now);
    expect(await recordsOf(open(60), id)).toEqual(['a', large('b', 900_000), 'c', 'd']);
  });

  test('from long to short: the session is gone in time, and its rows when they were promised to stay until', async () => {
    const id = newId();
    await append(open(30 * 86_400), id, 'a');
    await append(open(60), id, 'b');
    expect(await recordsOf(open(60), id)).toEqual(['a', 'b']);
    now += MINUTE;
    expect(await recordsOf(open(60), id)).toEqual([]);
    now += 3 * HOUR;
    await table.expire(id, now);
    expect(await recordsOf(open(60), id)).toEqual([]);
    now += 60 * DAY;
    await table.expire(id, now);
    expect(await table.rows(id)).toEqual([]);
  });

  test('in turns: the last writer decides', async () => {
    const id = newId();
    const stores = [open(60), open(), open(86_400), open(3_600)];
    const expected: string[] = [];
    for (let round = 0; round < 24; round++) {
      expected.push(`${round}`);
      await append(stores[(round * 7) % 4] as DynamoDBStore, id, `${round}`);
      now += 50_000;
      await table.expire(id, now);
      expect(await recordsOf(open(), id)).toEqual(expected);
    }
    await append(open(60), id, 'end');
    now += MINUTE;
    expect(await recordsOf(open(), id)).toEqual([]);
  });
});

describe("a clock that is behind DynamoDB's", () => {
  test.each([
    [10_000, 7_200, 7_199, 10],
    [65_000, 300, 288, 10],
    [7 * MINUTE, 360, 300, 10],
    [7 * MINUTE, 600, 500, 450_000],
  ])(
    'by %d ms loses no row of a session that lives: ttl %d s, a write every %d s, %d bytes',
    async (behind, ttlSeconds, pauseSeconds, bytes) => {
      const id = newId();
      const store = table.open({ ttlSeconds }, () => now - behind);
      await append(store, id, large('a', bytes));
      const rounds = Math.ceil((3 * HOUR) / (pauseSeconds * 1_000));
      const begin = now;
      for (let round = 0; round < rounds; round++) {
        now += pauseSeconds * 1_000;
        // A row stays for two hours at the least.
        if (now - begin > 1.5 * HOUR) await table.expire(id, now);
        await append(store, id, 'b');
      }
      now += ttlSeconds * 1_000 - 1;
      await table.expire(id, now);
      const records = await recordsOf(store, id);
      expect(records).toHaveLength(rounds + 1);
      expect(records[0]).toBe(large('a', bytes));
    },
    120_000,
  );
});

describe('a tombstone that is about to go', () => {
  test('is put anew by a clear, so that a session that begins meanwhile is not hit', async () => {
    const id = newId();
    await append(open(), id, 'a');
    await open().clear(id);
    now += DAY + 2_000;
    const client = newClient();
    let lastSeen: string | undefined;
    const beginner = open();
    intercept(client, async ({ name }, send) => {
      if (name === 'BatchWriteItem' && lastSeen === undefined) {
        await table.expire(id, now);
        lastSeen = await append(beginner, id, 'x');
      }
      return send();
    });
    await open(undefined, client).clear(id);
    if (lastSeen === undefined) await append(beginner, id, 'x');
    await commit(beginner, id, { append: ['y'], lastSeen });
    expect(await recordsOf(open(), id)).toEqual(['x', 'y']);
    client.destroy();
  });
});

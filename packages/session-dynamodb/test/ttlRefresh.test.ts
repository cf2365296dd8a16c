import { NO_HISTORY } from '@agent-sessions/session-core/store';
import type { DynamoDBStoreOptions, DynamoDBStore } from '../src';
import { connectionReset, Crash, intercept, measure, refusal } from './support/requests';
import { append, commit, large, newId, recordsOf, tryCommit } from './support/store';
import { headerOf, beginsLog, logKey, newClient, TestTable, type Item } from './support/table';

const table = new TestTable();
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
let now = Date.now();
const clients: ReturnType<typeof newClient>[] = [];
const open = (options: Partial<DynamoDBStoreOptions>): DynamoDBStore => table.open(options, () => now);
const reading = (ttlSeconds: number, options: Partial<DynamoDBStoreOptions> = {}): DynamoDBStore =>
  open({ ttlSeconds, ttlRefresh: 'access', ...options });
const fixed = (ttlSeconds: number, options: Partial<DynamoDBStoreOptions> = {}): DynamoDBStore =>
  open({ ttlSeconds, ttlRefresh: 'never', ...options });
const ownClient = (): ReturnType<typeof newClient> => {
  const client = newClient();
  clients.push(client);
  return client;
};

beforeAll(() => table.create());
afterAll(async () => {
  for (const client of clients) client.destroy();
  await table.drop();
});

describe("'access': a read that is due", () => {
  test('puts a row that holds nothing and keeps the revision', async () => {
    const id = newId();
    const store = reading(1_000);
    const operation = { id: 'o', fingerprint: 'f' };
    const revision = await commit(store, id, { append: ['a', 'b'], operation });
    now += 100 * SECOND;
    const { requests, units } = await measure(table.client, async () => {
      expect(await store.read(id)).toEqual({ records: ['a', 'b'], revision });
    });
    expect(requests).toEqual(['Query', 'PutItem']);
    expect(units).toBeLessThanOrEqual(2);
    const [first, extension] = await table.rows(id);
    const ttl = Math.ceil(now / 1_000 + 1_000 + 900 + 7_200);
    expect(extension).toEqual({
      session_id: { S: id },
      row: { S: logKey(2) },
      commit: { S: expect.any(String) as string },
      ttl: { N: `${ttl}` },
    });
    expect(headerOf(extension)).toEqual({
      format: '1',
      key: expect.any(String) as string,
      created: `${now}`,
      began: headerOf(first).created,
      base: '1',
      length: '2',
      bytes: '4',
      counts: '02',
      follows: expect.any(String) as string,
      operations: '1',
      expires: `${now + 1_000 * SECOND}`,
      log_ttl: first?.ttl?.N,
      revision,
      written: headerOf(first).created,
    });
    expect((await measure(table.client, () => store.read(id))).requests).toEqual(['Query']);
  });

  test('spares the next write a look, also one that is conditional', async () => {
    const id = newId();
    const store = reading(1_000);
    await append(store, id, 'a');
    now += 100 * SECOND;
    const { revision } = await store.read(id);
    const change = { append: ['b'], ifRevision: revision, lastSeen: revision };
    expect((await measure(table.client, () => commit(store, id, change))).requests).toEqual(['PutItem']);
    expect((await tryCommit(store, id, { append: ['c'], ifRevision: revision })).status).toBe('conflict');
    expect(await recordsOf(store, id)).toEqual(['a', 'b']);
  });

  test('is no change for who saw the session before it', async () => {
    const id = newId();
    const [other, reader] = [reading(60), reading(60)];
    const ifRevision = await append(other, id, 'a');
    now += 50 * SECOND;
    await reader.read(id);
    now += 15 * SECOND;
    expect(
      (await tryCommit(other, id, { drop: 1, append: ['b'], ifRevision, lastSeen: ifRevision })).status,
    ).toBe('committed');
    expect(await recordsOf(reader, id)).toEqual(['b']);
  });

  test('of many at once makes one row', async () => {
    const id = newId();
    const revision = await append(reading(1_000), id, 'a');
    now += 500 * SECOND;
    const client = ownClient();
    const readers = Array.from({ length: 8 }, () => reading(1_000, { client }));
    let putting = 0;
    const allHaveRead = new Promise<void>((resolve) => {
      intercept(client, async ({ name }, send) => {
        if (name === 'PutItem' && ++putting === readers.length) resolve();
        if (name === 'PutItem') await allHaveRead;
        return send();
      });
    });
    const histories = await Promise.all(readers.map((store) => store.read(id)));
    for (const history of histories) expect(history).toEqual({ records: ['a'], revision });
    expect(await table.rows(id)).toHaveLength(2);
  });

  test('does not bring back what is cleared meanwhile', async () => {
    const id = newId();
    await append(reading(1_000), id, 'a');
    now += 500 * SECOND;
    const client = ownClient();
    intercept(client, async ({ name }, send) => {
      if (name === 'PutItem') await reading(1_000).clear(id);
      return send();
    });
    expect((await reading(1_000, { client }).read(id)).records).toEqual(['a']);
    expect(await reading(1_000).read(id)).toEqual({ records: [], revision: NO_HISTORY });
    expect((await table.rows(id)).filter((row) => row.commit)).toEqual([]);
  });

  test('extends what others write meanwhile too', async () => {
    const id = newId();
    const keeping = fixed(1_000);
    await append(keeping, id, 'a');
    now += 500 * SECOND;
    const client = ownClient();
    let written = false;
    intercept(client, async ({ name }, send) => {
      if (name === 'PutItem' && !written) {
        written = true;
        await append(keeping, id, 'b');
      }
      return send();
    });
    expect((await reading(1_000, { client }).read(id)).records).toEqual(['a']);
    now += 900 * SECOND;
    expect(await recordsOf(keeping, id)).toEqual(['a', 'b']);
  });

  test('whose answer is lost makes one row', async () => {
    const id = newId();
    await append(reading(1_000), id, 'a');
    now += 500 * SECOND;
    const client = ownClient();
    let lost = 0;
    intercept(client, async ({ name }, send) => {
      const answer = await send();
      if (name === 'PutItem' && lost++ < 2) throw connectionReset();
      return answer;
    });
    expect((await reading(1_000, { client }).read(id)).records).toEqual(['a']);
    expect(await table.rows(id)).toHaveLength(2);
  });

  test('throws where it cannot extend the session, and nothing is extended', async () => {
    const id = newId();
    await append(reading(1_000), id, 'a');
    now += 500 * SECOND;
    const client = ownClient();
    intercept(client, ({ name }, send) =>
      name === 'PutItem' ? Promise.reject(refusal('AccessDeniedException')) : send(),
    );
    await expect(reading(1_000, { client }).read(id)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    now += 500 * SECOND;
    expect(await recordsOf(reading(1_000), id)).toEqual([]);
  });

  test.each([
    ['small enough for one row: it is put anew', 40],
    ['larger: its rows are renewed', 900_000],
  ])(
    'that needs more time for the log keeps records, operations and revision, and deletes nothing; a log that is %s',
    async (_, bytes) => {
      const id = newId();
      const operation = { id: 'o', fingerprint: 'f' };
      await commit(reading(60), id, { append: ['a', large('b', bytes)], operation });
      const revision = await append(reading(60), id, 'c');
      const client = ownClient();
      const seen = { renewals: 0, folds: 0 };
      intercept(client, ({ name, input }, send) => {
        if (beginsLog(input.Item as Item)) seen.folds++;
        if (name === 'UpdateItem') seen.renewals++;
        return name === 'BatchWriteItem' ? Promise.reject(new Crash()) : send();
      });
      const store = reading(3_600, { client });
      for (let step = 0; step < 14; step++) {
        await store.read(id);
        now += 30 * MINUTE;
        await table.expire(id, now);
        if (step === 0) now -= 30 * MINUTE - 30 * SECOND;
        const last = step % 2 === 0 ? undefined : 1;
        const { records, revision: current } = await store.read(id, { last });
        expect(records).toEqual(['a', large('b', bytes), 'c'].slice(last === undefined ? 0 : -last));
        expect(current).toBe(revision);
      }
      expect(seen.folds > 0).toBe(bytes < 400_000);
      expect(seen.renewals > 0).toBe(bytes > 400_000);
      expect((await tryCommit(store, id, { operation })).status).toBe('repeated');
      const next = { append: ['d'], ifRevision: revision };
      expect((await tryCommit(store, id, next)).status).toBe('committed');
    },
    60_000,
  );
});

test('reads that refresh, rewrites and writes at once: each record is there once, in the order of its writer', async () => {
  const id = newId();
  const client = ownClient();
  const put = { extensions: 0, rewrites: 0 };
  intercept(client, async ({ name, input }, send) => {
    const answer = await send();
    const item = input.Item as Item | undefined;
    if (name === 'PutItem' && headerOf(item).revision) put.extensions++;
    if (name === 'PutItem' && beginsLog(item)) put.rewrites++;
    return answer;
  });
  // Four readers and four writers that never pause leave each other little room on a busy machine.
  const options = { client, timeoutMs: 60_000 };
  const stores = [
    open({ ttlSeconds: 600, ...options }),
    reading(600, options),
    reading(7_200, options),
    reading(86_400, options),
  ];
  await append(open({ ttlSeconds: 600 }), id, 'begin');
  const progress = { done: false };
  const reads = stores.map(async (store) => {
    while (!progress.done) {
      const records = (await recordsOf(store, id)).map(String);
      expect(records[0]).toBe('begin');
      expect(new Set(records).size).toBe(records.length);
    }
  });
  const writes = stores.map(async (store, writer) => {
    for (let round = 0; round < 15; round++) {
      now += 20 * SECOND;
      await append(store, id, `${writer}.${round}`);
    }
  });
  await Promise.all(writes).finally(() => (progress.done = true));
  await Promise.all(reads);
  const records = (await recordsOf(open({}), id)).map(String);
  expect(records).toHaveLength(61);
  for (const [writer] of stores.entries()) {
    const own = records.filter((record) => record.startsWith(`${writer}.`));
    expect(own).toEqual(Array.from({ length: 15 }, (_, round) => `${writer}.${round}`));
  }
  expect(put.extensions).toBeGreaterThan(3);
  expect(put.rewrites).toBeGreaterThan(3);
}, 120_000);

describe("'access': a session that is only read", () => {
  test.each([60, 3_600, 30 * 86_400])(
    'all the time, with a ttl of %d s, costs at most ten puts in that time, and loses nothing',
    async (ttlSeconds) => {
      const id = newId();
      const store = reading(ttlSeconds);
      const periods = 4;
      await append(store, id, 'a', 'b');
      const { requests } = await measure(table.client, async () => {
        for (let step = 0; step < 25 * periods; step++) {
          now += (ttlSeconds * SECOND) / 25;
          expect((await store.read(id, { last: 1 })).records).toEqual(['b']);
        }
      });
      await table.expire(id, now);
      const puts = requests.filter((name) => name === 'PutItem').length;
      expect(puts).toBeLessThanOrEqual(10 * periods);
      expect(puts).toBeGreaterThanOrEqual(8 * periods);
      expect(await recordsOf(store, id)).toEqual(['a', 'b']);
    },
  );

  // A row stays for the ttl, the slack, and the margin, in which one row per ttl is put.
  test.each([
    [600, 60, 16],
    [3_600, 100, 5],
    [30 * 86_400, 40, 3],
  ])(
    'for its ttl of %d s %d times over has at most %d rows, and they go with it',
    async (ttlSeconds, periods, most) => {
      const id = newId();
      const store = reading(ttlSeconds);
      const revision = await append(store, id, 'a');
      for (let period = 0; period < periods; period++) {
        now += ttlSeconds * SECOND * 0.99;
        expect(await store.read(id)).toEqual({ records: ['a'], revision });
        if (period % 10 > 0) continue;
        await table.expire(id, now);
        expect((await table.rows(id)).length).toBeLessThanOrEqual(most);
      }
      now += ttlSeconds * SECOND;
      expect(await store.read(id)).toEqual({ records: [], revision: NO_HISTORY });
      now += Math.max(2 * HOUR, (ttlSeconds * SECOND) / 2) + 15 * MINUTE + SECOND;
      await table.expire(id, now);
      expect((await table.rows(id)).filter((row) => row.records)).toEqual([]);
    },
    120_000,
  );
});

describe("'never'", () => {
  test('carries the expiry forward: the log is never rewritten, its rows outlast it by two hours and a quarter', async () => {
    const id = newId();
    const store = fixed(30 * 86_400);
    const expiresAt = now + 30 * DAY;
    const { requests } = await measure(table.client, async () => {
      for (let round = 0; round < 60; round++) {
        await append(store, id, `${round}`);
        now += 11.5 * HOUR;
      }
    });
    expect(new Set(requests)).toEqual(new Set(['Query', 'PutItem']));
    const rows = await table.rows(id);
    expect(rows).toHaveLength(60);
    for (const row of rows) {
      expect(headerOf(row).expires).toBe(`${expiresAt}`);
      expect(row.ttl).toEqual({ N: `${Math.ceil((expiresAt + 2.25 * HOUR) / 1_000)}` });
    }
    now = expiresAt - 1;
    expect(await recordsOf(store, id)).toHaveLength(60);
    now += 1;
    expect(await store.read(id)).toEqual({ records: [], revision: NO_HISTORY });
  });

  test('keeps chunks for as long as the session that somebody else was faster to begin', async () => {
    const id = newId();
    const client = ownClient();
    let begun = false;
    intercept(client, async ({ name }, send) => {
      if (name === 'PutItem' && !begun) {
        begun = true;
        await append(fixed(30 * 86_400), id, 'a');
      }
      return send();
    });
    await append(fixed(60, { client }), id, large('b', 900_000));
    now += 29 * DAY;
    await table.expire(id, now);
    expect(await recordsOf(fixed(60), id)).toEqual(['a', large('b', 900_000)]);
  });
});

test.each(['sometimes', 7, null])('%p is refused', (ttlRefresh) => {
  const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error;
  expect(() => open({ ttlRefresh: ttlRefresh as never })).toThrow(refused);
});

test('a row that is given an expiry late is the one that was read, not one that took its place', async () => {
  const id = newId();
  await append(open({}), id, 'a');
  const client = ownClient();
  let revision: string | undefined;
  intercept(client, async ({ name }, send) => {
    if (name === 'UpdateItem' && revision === undefined) {
      await table.delete(...(await table.rows(id)));
      revision = await append(open({}), id, 'x');
    }
    return send();
  });
  await append(open({ ttlSeconds: 60, client }), id, 'b');
  expect(await open({}).read(id)).toEqual({ records: ['x'], revision });
  const [row] = await table.rows(id);
  expect(row?.ttl).toBeUndefined();
  expect(headerOf(row).expires).toBeUndefined();
});

import { startFaultProxy } from '@agent-sessions/engines';
import type { EndedStoreCall, ObserveCall } from '@agent-sessions/session-core/store';
import type { DynamoDBStore, DynamoDBStoreOptions } from '../src';
import { connectionReset, intercept, measure, putsRow } from './support/requests';
import { append, commit, large, newId } from './support/store';
import { newClient, TestTable } from './support/table';

/* What an observer is told that only this store knows; the rest is in the conformance kit. */

const table = new TestTable();
const clients: ReturnType<typeof newClient>[] = [];

beforeAll(() => table.create());
afterAll(async () => {
  for (const client of clients) client.destroy();
  await table.drop();
});

function ownClient(options?: Parameters<typeof newClient>[0]): ReturnType<typeof newClient> {
  const client = newClient(options);
  clients.push(client);
  return client;
}

/** A store, and what its last call came to. */
function observed(options: Partial<DynamoDBStoreOptions> = {}): {
  readonly store: DynamoDBStore;
  readonly last: () => Promise<EndedStoreCall>;
} {
  let last: Promise<EndedStoreCall> | undefined;
  const observe: ObserveCall = (_call, work) => void (last = work());
  return {
    store: table.open({ ...options, observe }),
    last: async () => last ?? Promise.reject(new Error('no call was observed')),
  };
}

test('the units of a call are those that DynamoDB tells of all its requests', async () => {
  const steps: Readonly<Record<string, (store: DynamoDBStore, id: string) => Promise<unknown>>> = {
    'an append': (store, id) => append(store, id, 'a'),
    'an append of 5 KB': (store, id) => append(store, id, large('b', 5_000)),
    'a read': (store, id) => store.read(id),
    'an append in chunks': (store, id) => append(store, id, large('c', 900_000)),
    'a read of chunks': (store, id) => store.read(id),
    'a description': (store, id) => store.describe(id),
    'a compaction, with its tidying': (store, id) => commit(store, id, { drop: 'all', append: ['d'] }),
    'a clear': (store, id) => store.clear(id),
  };
  const { store, last } = observed();
  const [measuredStore, measuredId, id] = [table.open(), newId(), newId()];
  const expected: Record<string, number> = {};
  const told: Record<string, number> = {};
  const readers: string[] = [];
  for (const [name, step] of Object.entries(steps)) {
    // Measuring asks for the capacity itself, so what is observed is another session, of the same size.
    const { units } = await measure(table.client, () => step(measuredStore, measuredId));
    await step(store, id);
    const { readUnits = 0, writeUnits = 0, tries, system, collection } = await last();
    expect({ tries, system, collection }).toEqual({
      tries: 1,
      system: 'aws.dynamodb',
      collection: table.name,
    });
    expected[name] = units;
    told[name] = readUnits + writeUnits;
    if (writeUnits === 0) readers.push(name);
  }
  expect(told).toEqual(expected);
  // the end of the log, and the row
  expect(told).toMatchObject({ 'an append of 5 KB': 1 + 6, 'a description': 1 });
  expect(readers).toEqual(['a read', 'a read of chunks', 'a description']);
});

test('a try is counted whose answer was lost', async () => {
  const client = ownClient();
  const { store, last } = observed({ client });
  intercept(client, async (request, send) => {
    const answer = await send();
    // The next try is refused, for the row is there.
    if (putsRow(request)) throw connectionReset();
    return answer;
  });
  await append(store, newId(), 'a');
  expect(await last()).toMatchObject({ tries: 2, status: 'committed' });
});

test.each([
  ['the SDK', {}],
  ['the store', { maxAttempts: 1 }],
])('tries over a connection that breaks are counted, made again by %s', async (_who, options) => {
  const { hostname, port } = new URL(process.env.DYNAMODB_ENDPOINT ?? '');
  const proxy = await startFaultProxy({ host: hostname, port: Number(port) });
  const client = ownClient({ ...options, endpoint: `http://127.0.0.1:${proxy.port}` });
  const { store, last } = observed({ client });
  const id = newId();
  await append(store, id, 'a');
  expect(await last()).toMatchObject({ tries: 1 });
  let isDue = true;
  proxy.plan = (request) => {
    if (!isDue || !request.toString('latin1').includes('DynamoDB_20120810.Query')) return undefined;
    isDue = false;
    return 'cut';
  };
  expect((await store.read(id)).records).toEqual(['a']);
  expect(await last()).toMatchObject({ tries: 2, records: 1 });
  await proxy.stop();
});

test('a writer that others have overtaken tries again, and so does one whose rows had to wait', async () => {
  const client = ownClient();
  const { store, last } = observed({ client });
  const id = newId();
  const { revision } = await store.read(id);
  for (const record of ['a', 'b', 'c']) await append(table.open(), id, record);
  await commit(store, id, { append: ['d'], lastSeen: revision });
  // at version 1 and 2, and behind the end that it then looks for
  expect(await last()).toMatchObject({ tries: 3, status: 'committed' });

  let unprocessed = 2;
  intercept(client, async ({ name, input }, send) => {
    const answer = await send();
    if (name !== 'BatchWriteItem' || unprocessed-- <= 0) return answer;
    return { ...answer, output: { ...answer.output, UnprocessedItems: input.RequestItems } };
  });
  await store.clear(id);
  expect(await last()).toMatchObject({ verb: 'clear', tries: 3 });
});

test('a call that fails is told by its code', async () => {
  const { store, last } = observed();
  await expect(append(store, newId(), large('a', 17_000_000))).rejects.toThrow('one commit takes at most');
  expect(await last()).toMatchObject({ errorCode: 'COMMIT_TOO_LARGE', records: 1, bytes: 17_000_000 });
  const missing = observed({ tableName: 'no-such-table' });
  await expect(missing.store.read(newId())).rejects.toThrow('no-such-table');
  expect(await missing.last()).toMatchObject({ errorCode: 'STORE_MISCONFIGURED', records: 0 });
});

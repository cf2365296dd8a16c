import { RunContext, type AgentInputItem } from '@openai/agents';
import fc from 'fast-check';
import { HistoryCache, MemoryStore, SessionError, StoredSession, type ForkOptions } from '../src';
import { plainCodec, type RecordCodec } from '../src/records/recordCodec';
import { forkHistory } from '../src/session/forkHistory';
import { HistoryAccess } from '../src/session/historyAccess';
import { ObjectView } from '../src/session/historyView';
import { NO_HISTORY, type DescribingStore, type StoredRecord } from '../src/store';
import { expectCode, message, recording } from './support';

const CORRUPT = '{"role":"user"';
const textOf = (item: AgentInputItem): string => JSON.stringify(item);
const messages = (...contents: string[]): AgentInputItem[] => contents.map(message);
const recordsOf = async (store: DescribingStore, id: string): Promise<readonly StoredRecord[]> =>
  (await store.read(id)).records;

async function stored(store: DescribingStore, id: string, ...append: StoredRecord[]): Promise<void> {
  await store.commit(id, { idempotencyKey: `put-${append.length}-${id}`, append });
}

test('it reads once and commits once; with a cache, it reads what is new', async () => {
  const { store, requests } = recording(new MemoryStore());
  const source = new StoredSession(store, { sessionId: 'source' });
  await source.addItems(messages('a', 'b', 'c'));
  requests.length = 0;
  await source.fork({ sessionId: 'fork', upTo: 2 });
  expect(requests).toMatchObject([
    { method: 'read', sessionId: 'source' },
    { method: 'commit', sessionId: 'fork', change: { ifRevision: NO_HISTORY } },
  ]);

  const memory = new MemoryStore();
  const answers: number[] = [];
  const read: MemoryStore['read'] = async (...args) => {
    const history = await MemoryStore.prototype.read.apply(memory, args);
    answers.push(history.records.length);
    return history;
  };
  const cache = new HistoryCache({ maxBytes: 1_000_000 });
  const cached = new StoredSession(Object.assign(memory, { read }), { sessionId: 'source', cache });
  await cached.addItems(messages('a', 'b', 'c'));
  await cached.getItems();
  await cached.addItems(messages('d'));
  const fork = await cached.fork({ sessionId: 'fork' });
  expect(answers).toEqual([3, 1]);
  expect(cache.stats).toMatchObject({ hits: 1, misses: 1 });
  expect(await fork.getItems()).toEqual(messages('a', 'b', 'c', 'd'));
  await cached.popItem();
  expect(await (await cached.fork({ sessionId: 'popped' })).getItems()).toEqual(messages('a', 'b', 'c'));
});

const change = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  fc.record({ kind: fc.constant('pop' as const) }),
  fc.record({ kind: fc.constant('compact' as const) }),
);

test('of any history, at every place, while others append to it: its first items, once however often it is made', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 12 }),
      fc.boolean(),
      fc.scheduler(),
      async (changes, hasCache, scheduler) => {
        const store = new MemoryStore();
        // The scheduler decides whose call is carried out next.
        const slow: DescribingStore = {
          cacheKey: store.cacheKey,
          read: scheduler.scheduleFunction(store.read.bind(store)),
          commit: scheduler.scheduleFunction(store.commit.bind(store)),
          clear: store.clear.bind(store),
          describe: store.describe.bind(store),
        };
        const plain = new StoredSession(store, { sessionId: 'source' });
        let counted = 0;
        for (const { kind, ...rest } of changes) {
          if (kind === 'pop') await plain.popItem();
          else if (kind === 'compact') await plain.rewriteHistory((items) => items.slice(-3));
          else {
            const count = 'count' in rest ? rest.count : 0;
            await plain.addItems(Array.from({ length: count }, () => message(`${counted++}`)));
          }
        }
        const items = await plain.getItems();
        const cache = hasCache ? new HistoryCache({ maxBytes: 1_000_000 }) : undefined;
        const open = (sessionId = 'source') => new StoredSession(slow, { sessionId, cache });
        const appends = ['x', 'y', 'z'].map((content) => open().addItems([message(content)]));
        const places = [...items.keys(), items.length];
        const forks = places.flatMap((upTo) => [
          open().fork({ sessionId: `fork-${upTo}`, upTo }),
          open().fork({ sessionId: `fork-${upTo}`, upTo }),
        ]);
        const all = open().fork({ sessionId: 'all' });
        await scheduler.waitFor(Promise.all([...appends, ...forks, all]));
        for (const upTo of places) {
          const { records, revision } = await store.read(`fork-${upTo}`);
          expect(records).toEqual(items.slice(0, upTo).map(textOf));
          expect(revision).not.toBe(NO_HISTORY);
        }
        const forked = await recordsOf(store, 'all');
        const source = await recordsOf(store, 'source');
        expect(source).toHaveLength(items.length + 3);
        expect(forked.length).toBeGreaterThanOrEqual(items.length);
        expect(forked).toEqual(source.slice(0, forked.length));
      },
    ),
  );
});

test('an answer that was lost: the call made again is recognised, and tells what the first one made', async () => {
  const store = new MemoryStore();
  const source = new StoredSession(store, { sessionId: 'source' });
  await source.addItems(messages('a', 'b'));
  const losing: DescribingStore = Object.assign(new MemoryStore(), {
    read: store.read.bind(store),
    commit: async (...args: Parameters<MemoryStore['commit']>) => {
      await store.commit(...args);
      throw new SessionError('TIMEOUT', 'no answer');
    },
  });
  const again = { sessionId: 'fork', upTo: 1 };
  await expectCode('TIMEOUT', () => new StoredSession(losing, { sessionId: 'source' }).fork(again));
  await source.addItems(messages('c'));
  const fork = await source.fork(again);
  expect(await fork.getItems()).toEqual(messages('a'));
});

describe('records that cannot be decoded', () => {
  const [A, B] = messages('a', 'b').map(textOf) as [string, string];

  test('in front of the place: an error that names the record by its place in the source, and no fork', async () => {
    const store = new MemoryStore();
    await stored(store, 'source', A, CORRUPT, B);
    const source = new StoredSession(store, { sessionId: 'source' });
    for (const upTo of [undefined, 3, 2]) {
      const error = await expectCode('CORRUPT_RECORD', () => source.fork({ sessionId: 'fork', upTo }));
      expect(error.message).toContain('record 2 from the end');
    }
    expect((await store.read('fork')).revision).toBe(NO_HISTORY);
  });

  test('behind the place they are no concern of a fork', async () => {
    const store = new MemoryStore();
    await stored(store, 'source', A, CORRUPT, B);
    await new StoredSession(store, { sessionId: 'source' }).fork({ sessionId: 'fork', upTo: 1 });
    expect(await recordsOf(store, 'fork')).toEqual([A]);
  });

  test("with 'skip' they are copied as they are, and not counted", async () => {
    const store = new MemoryStore();
    const broken = Uint8Array.of();
    await stored(store, 'source', A, CORRUPT, broken, B, CORRUPT);
    const source = new StoredSession(store, { sessionId: 'source', onCorruptRecord: 'skip' });
    const forks: readonly (readonly [number | undefined, readonly StoredRecord[]])[] = [
      [0, []],
      [1, [A, CORRUPT, broken]],
      [2, [A, CORRUPT, broken, B, CORRUPT]],
      [undefined, [A, CORRUPT, broken, B, CORRUPT]],
    ];
    for (const [upTo, records] of forks) {
      await source.fork({ sessionId: `fork ${upTo}`, upTo });
      expect(await recordsOf(store, `fork ${upTo}`)).toEqual(records);
    }
    await expectCode('INVALID_ARGUMENT', () => source.fork({ sessionId: 'fork', upTo: 3 }));
  });

  test('of a later format are an error, and never skipped', async () => {
    const store = new MemoryStore();
    await stored(store, 'source', Uint8Array.of(9, 1), A);
    const source = new StoredSession(store, { sessionId: 'source', onCorruptRecord: 'skip' });
    await expectCode('UNSUPPORTED_FORMAT', () => source.fork({ sessionId: 'fork', upTo: 1 }));
    expect((await store.read('fork')).revision).toBe(NO_HISTORY);
  });
});

describe('records that are bound to their session', () => {
  /** Records of one session cannot be decoded in another. */
  const boundTo = (id: string): RecordCodec => ({
    reader: {},
    encode: (texts) => texts.map((text) => Buffer.from(`\u0001${id}:${text}`)),
    decode: (records) =>
      plainCodec.decode(
        records.map((record) => {
          const [, text] = Buffer.from(record).toString().split(`\u0001${id}:`);
          return text ?? CORRUPT;
        }),
      ),
    countOutdated: () => 0,
    digest: (text) => plainCodec.digest(`${id} ${text}`),
  });
  const views = () =>
    ['source', 'fork'].map(
      (id) => new ObjectView({ sessionId: id, scope: undefined, storedId: id }, boundTo(id), undefined),
    ) as [ObjectView, ObjectView];

  test('are encoded anew for the fork, which is recognised all the same', async () => {
    const store = new MemoryStore();
    const [source, fork] = views();
    await stored(store, 'source', ...(await source.codec.encode(messages('a', 'b').map(textOf))));
    const access = new HistoryAccess(store, { skipCorrupt: true, cache: undefined, fenced: false });
    for (let times = 0; times < 2; times++) await forkHistory(access, source, fork, 1);
    expect(await access.getItems(fork)).toEqual(messages('a'));
    expect(await recordsOf(store, 'fork')).toEqual(await fork.codec.encode([textOf(message('a'))]));
  });

  test('and cannot be decoded are refused, also where they are skipped', async () => {
    const store = new MemoryStore();
    const [source, fork] = views();
    await stored(store, 'source', CORRUPT, ...(await source.codec.encode([textOf(message('a'))])));
    const access = new HistoryAccess(store, { skipCorrupt: true, cache: undefined, fenced: false });
    await expectCode('CORRUPT_RECORD', () => forkHistory(access, source, fork, 1));
    expect((await store.read('fork')).revision).toBe(NO_HISTORY);
  });
});

test.each<[string, unknown]>([
  ['no argument', undefined],
  ['no id', {}],
  ['an empty id', { sessionId: '' }],
  ['the id of the source', { sessionId: 'source' }],
  ['a place below 0', { sessionId: 'fork', upTo: -1 }],
  ['half a place', { sessionId: 'fork', upTo: 0.5 }],
  ['a place that is text', { sessionId: 'fork', upTo: '1' }],
])('%s: INVALID_ARGUMENT, and no request', async (_what, options) => {
  const { store, requests } = recording(new MemoryStore());
  const source = new StoredSession(store, { sessionId: 'source' });
  await expectCode('INVALID_ARGUMENT', () => source.fork(options as ForkOptions));
  expect(requests).toEqual([]);
});

test('a place behind the end: INVALID_ARGUMENT, and no fork', async () => {
  const store = new MemoryStore();
  const source = new StoredSession(store, { sessionId: 'source' });
  await source.addItems(messages('a'));
  await expectCode('INVALID_ARGUMENT', () => source.fork({ sessionId: 'fork', upTo: 2 }));
  expect((await store.read('fork')).revision).toBe(NO_HISTORY);
});

test('a fork has the options of its source: in its scope, and under its fence from the fork on', async () => {
  const store = new MemoryStore();
  const source = new StoredSession(store, {
    sessionId: 'source',
    concurrentWrites: 'reject',
    scope: ({ context }) => (context as { tenant: string }).tenant,
  });
  const [ours, theirs] = ['acme', 'other'].map((tenant) => new RunContext({ tenant }));
  await source.addItems(messages('a', 'b'), ours);
  const fork = await source.fork({ sessionId: 'fork' }, ours);
  expect(await recordsOf(store, '~acme/fork')).toHaveLength(2);
  expect(await fork.getItems(undefined, theirs)).toEqual([]);
  await expectCode('MISSING_SCOPE', () => fork.getItems());
  await store.commit('~acme/fork', { idempotencyKey: 'other', append: [textOf(message('c'))] });
  await expectCode('CONFLICT', () => fork.addItems(messages('d'), ours));
});

test('an operation of the application and that of a fork are two', async () => {
  const store = new MemoryStore();
  const source = new StoredSession(store, { sessionId: 'source' });
  await source.addItems(messages('a'));
  const fork = await source.fork({ sessionId: 'fork' });
  const transaction = { type: 'append_items' as const, items: messages('b') };
  await fork.applyHistoryTransaction({ operationId: 'fork source', transaction });
  expect(await fork.getItems()).toEqual(messages('a', 'b'));
});

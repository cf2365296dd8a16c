import type { AgentInputItem } from '@openai/agents';
import * as fc from 'fast-check';
import { HistoryCache, MemoryStore, StoredSession, type SessionOptions } from '../src';
import type { SessionStore } from '../src/store';

const message = (content: string): AgentInputItem => ({ role: 'user', content });
const MAX_BYTES = 1_000_000;
const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error;

function over(store: SessionStore, read: SessionStore['read']): SessionStore {
  return {
    cacheKey: store.cacheKey,
    read,
    commit: (sessionId, change) => store.commit(sessionId, change),
    clear: (sessionId) => store.clear(sessionId),
  };
}

test('a later read asks only for what is new, also one by another object', async () => {
  const store = new MemoryStore();
  const cache = new HistoryCache({ maxBytes: MAX_BYTES });
  const answers: number[] = [];
  const watched = over(store, async (sessionId, options) => {
    const history = await store.read(sessionId, options);
    answers.push(history.records.length);
    return history;
  });
  const open = (): StoredSession => new StoredSession(watched, { sessionId: 's', cache });
  await open().addItems(['a', 'b', 'c'].map(message));
  expect(await open().getItems()).toHaveLength(3);
  await open().addItems([message('d')]);
  expect(await open().getItems()).toEqual(['a', 'b', 'c', 'd'].map(message));
  expect(await open().getItems(2)).toEqual(['c', 'd'].map(message));
  expect(await open().popItem()).toEqual(message('d'));
  expect(await open().getItems()).toEqual(['a', 'b', 'c'].map(message));
  expect(answers).toEqual([3, 1, 0, 0, 3]);
  expect(cache.stats).toMatchObject({ hits: 3, misses: 2, entries: 1 });
});

test('what a read returns shares nothing with what others get', async () => {
  const cache = new HistoryCache({ maxBytes: MAX_BYTES });
  const session = new StoredSession(new MemoryStore(), { cache });
  const item = {
    role: 'user',
    content: [{ type: 'input_text', text: 'a' }],
    providerData: { bytes: new Uint8Array(2) },
  };
  await session.addItems([item as AgentInputItem]);
  for (let reads = 0; reads < 3; reads++) {
    const [read] = (await session.getItems()) as (typeof item)[];
    expect(read).toEqual(item);
    read?.providerData.bytes.fill(reads + 1);
    read?.content.push({ type: 'input_text', text: 'changed' });
  }
});

const operation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('pop', 'clear', 'compact', 'corrupt', 'evict') }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('read', 'skip'),
      limit: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    }),
  },
);

test('with a cache, every call answers as without', async () => {
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 30 }), async (operations) => {
      const store = new MemoryStore();
      const cache = new HistoryCache({ maxBytes: MAX_BYTES });
      const open = (options: SessionOptions): StoredSession =>
        new StoredSession(store, { sessionId: 's', ...options });
      const plain = open({ onCorruptRecord: 'skip' });
      let count = 0;
      for (const each of operations) {
        if ('count' in each)
          await plain.addItems(Array.from({ length: each.count }, () => message(`${count++}`)));
        else if (each.kind === 'pop') await plain.popItem();
        else if (each.kind === 'clear') await plain.clearSession();
        else if (each.kind === 'evict') cache.clear();
        else if (each.kind === 'compact')
          await plain.rewriteHistory((items) => (items.length > 2 ? items.slice(-2) : undefined));
        else if (each.kind === 'corrupt')
          await store.commit('s', { idempotencyKey: `c${count++}`, append: ['{'] });
        else {
          const onCorruptRecord = each.kind === 'skip' ? 'skip' : 'error';
          const limit = 'limit' in each ? each.limit : undefined;
          const results = await Promise.allSettled([
            open({ onCorruptRecord }).getItems(limit),
            open({ onCorruptRecord, cache }).getItems(limit),
          ]);
          expect(results[1]).toEqual(results[0]);
        }
      }
      hits += cache.stats.hits;
    }),
    { numRuns: 500 },
  );
  expect(hits).toBeGreaterThan(100);
});

test('tenants, databases and places in one database are kept apart', async () => {
  const cache = new HistoryCache({ maxBytes: MAX_BYTES });
  const owner = {};
  const placed = (name: string): SessionStore => {
    const store = new MemoryStore();
    return {
      ...over(store, (sessionId, options) => store.read(sessionId, options)),
      cacheKey: { owner, name },
    };
  };
  const stores = [new MemoryStore(), new MemoryStore(), placed('a'), placed('b'), placed('a"'), placed('')];
  const sessions = [
    ...stores.map((store) => new StoredSession(store, { sessionId: 's', cache })),
    ...stores.map((store) => new StoredSession(store, { sessionId: 's2', cache })),
  ];
  for (const [index, session] of sessions.entries()) await session.addItems([message(`${index}`)]);
  for (let reads = 0; reads < 2; reads++) {
    for (const [index, session] of sessions.entries())
      expect(await session.getItems()).toEqual([message(`${index}`)]);
  }
  expect(cache.stats).toMatchObject({ hits: 12, misses: 12, entries: 12 });

  const store = new MemoryStore();
  for (const scope of ['x', 'y', 'x']) {
    const session = new StoredSession(store, { sessionId: 's', cache, scope: () => scope });
    const context = {} as never;
    await session.addItems([message(scope)], context);
    for (const item of await session.getItems(undefined, context)) expect(item).toEqual(message(scope));
  }
});

test('the histories that were not read for the longest time go first, and one that is too large is not kept', async () => {
  const store = new MemoryStore();
  const one = new HistoryCache({ maxBytes: MAX_BYTES });
  const write = new StoredSession(store, { sessionId: 'a', cache: one });
  await write.addItems([message('x'.repeat(1_000))]);
  await write.getItems();
  const { bytes } = one.stats;

  const cache = new HistoryCache({ maxBytes: bytes * 2 });
  const open = (sessionId: string): StoredSession => new StoredSession(store, { sessionId, cache });
  for (const id of ['b', 'c']) await open(id).addItems([message('x'.repeat(1_000))]);
  for (const id of ['a', 'b', 'a', 'c']) await open(id).getItems();
  expect(cache.stats).toEqual({ hits: 1, misses: 3, bytes: bytes * 2, entries: 2 });
  await open('a').getItems();
  expect(cache.stats).toMatchObject({ hits: 2, misses: 3 });
  await open('b').getItems();
  expect(cache.stats).toMatchObject({ hits: 2, misses: 4 });
  await open('a').addItems([message('x'.repeat(3_000))]);
  await open('a').getItems();
  expect(cache.stats).toEqual({ hits: 3, misses: 4, bytes, entries: 1 });
  cache.clear();
  expect(cache.stats).toMatchObject({ bytes: 0, entries: 0 });
});

test('a history without items takes room too', async () => {
  const store = new MemoryStore();
  const cache = new HistoryCache({ maxBytes: 10_000 });
  for (let count = 0; count < 100; count++) {
    const session = new StoredSession(store, { sessionId: `${count}${'x'.repeat(500)}`, cache });
    await session.addItems([message('a')]);
    await session.popItem();
    expect(await session.getItems()).toEqual([]);
  }
  const { bytes, entries } = cache.stats;
  expect(bytes).toBeGreaterThan(entries * 500);
  expect(bytes).toBeLessThanOrEqual(10_000);
  expect(entries).toBeLessThan(20);
});

test('a text takes two bytes for each character where one is beyond Latin-1', async () => {
  const bytesOf = async (end: string): Promise<number> => {
    const cache = new HistoryCache({ maxBytes: MAX_BYTES });
    const session = new StoredSession(new MemoryStore(), { sessionId: 's', cache });
    await session.addItems([message(`${'x'.repeat(9_999)}${end}`)]);
    await session.getItems();
    return cache.stats.bytes;
  };
  const narrow = await bytesOf('x');
  expect(narrow).toBeGreaterThan(2 * 10_000);
  expect(await bytesOf('é')).toBe(narrow);
  for (const wide of ['—', '語']) expect((await bytesOf(wide)) - narrow).toBeGreaterThanOrEqual(2 * 10_000);
});

test('what was cleared is not kept', async () => {
  const cache = new HistoryCache({ maxBytes: MAX_BYTES });
  const session = new StoredSession(new MemoryStore(), { cache });
  await session.addItems([message('a')]);
  await session.getItems();
  expect(cache.stats).toMatchObject({ entries: 1 });
  await session.clearSession();
  expect(cache.stats).toMatchObject({ entries: 0, bytes: 0 });
});

test('what cannot be copied is read whole each time', async () => {
  const store = new MemoryStore();
  const cache = new HistoryCache({ maxBytes: MAX_BYTES });
  const session = new StoredSession(store, { sessionId: 's', cache });
  const deep = `{"role":"user","content":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  await session.addItems([message('a')]);
  await session.getItems();
  await store.commit('s', { idempotencyKey: 'deep', append: [deep] });
  for (let reads = 0; reads < 3; reads++) expect(await session.getItems()).toHaveLength(2);
  expect(cache.stats).toMatchObject({ hits: 1, misses: 3, entries: 0 });
});

test('a store that names no place is not cached', async () => {
  const store = new MemoryStore();
  const cache = new HistoryCache({ maxBytes: MAX_BYTES });
  const unnamed = {
    ...over(store, (sessionId, options) => store.read(sessionId, options)),
    cacheKey: undefined,
  };
  const session = new StoredSession(unnamed, { cache });
  await session.addItems([message('a')]);
  expect(await session.getItems()).toEqual([message('a')]);
  expect(cache.stats).toEqual({ hits: 0, misses: 0, bytes: 0, entries: 0 });
});

test.each([0, -1, 1.5, NaN, Infinity, '1', undefined])(
  'maxBytes must be a positive integer: %p',
  (maxBytes) => {
    expect(() => new HistoryCache({ maxBytes: maxBytes as number })).toThrow(refusal);
  },
);

test.each([null, {}, new Map()])('cache must be a HistoryCache: %p', (cache) => {
  const open = (): StoredSession => new StoredSession(new MemoryStore(), { cache: cache as never });
  expect(open).toThrow(refusal);
});

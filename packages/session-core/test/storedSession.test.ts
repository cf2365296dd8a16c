import {
  isOpenAIResponsesCompactionAwareSession,
  isOpenAIResponsesCompactionOwnershipAwareSession,
  isRunContextAwareSession,
  isSessionHistoryRewriteAwareSession,
  isSessionHistoryTransactionAwareSession,
  type AgentInputItem,
  type SessionHistoryTransaction,
} from '@openai/agents';
import { MemoryStore, StoredSession, type SessionOptions } from '../src';
import { NO_HISTORY, type SessionStore } from '../src/store';
import { deferred, expectCode, message, recording, textOf, type Request } from './support';

const append = (...contents: string[]): SessionHistoryTransaction => ({
  type: 'append_items',
  items: contents.map(message),
});
const replace = (expected: string[], replacement: string[]): SessionHistoryTransaction => ({
  type: 'replace_suffix',
  expectedSuffix: expected.map(message),
  replacement: replacement.map(message),
});
const call = (callId: string, name: string) => ({
  type: 'function_call' as const,
  callId,
  name,
  arguments: '{}',
});
const replaceCall = (callId: string, name: string) => ({
  mutations: [{ type: 'replace_function_call' as const, callId, replacement: call(callId, name) }],
});

const COMPACTING = { responses: { compact: () => Promise.resolve({}) } };
const RECEIPTS = ['getItemsWithCompactionOwnership', 'addItemsWithCompactionOwnership', 'runCompaction'];

async function contents(session: StoredSession): Promise<unknown[]> {
  return (await session.getItems()).map((item) => ('content' in item ? item.content : item));
}

describe('the session id', () => {
  test('is a random UUID when omitted, another for each object, and stays', async () => {
    const store = new MemoryStore();
    const [left, right] = [new StoredSession(store), new StoredSession(store, { sessionId: undefined })];
    const id = await left.getSessionId();
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(await right.getSessionId()).not.toBe(id);
    await left.addItems([message('a')]);
    await left.clearSession();
    expect(await left.getSessionId()).toBe(id);
    expect((await store.read(id)).records).toEqual([]);
    await left.addItems([message('b')]);
    expect((await store.read(id)).records).toHaveLength(1);
    expect(await right.getItems()).toEqual([]);
  });

  test.each(['a', ' ', '\0', '~', '~~a', '💥', 'x'.repeat(2_048), 'ä'.repeat(1_024)])(
    'may be %j',
    async (sessionId) => {
      const session = new StoredSession(new MemoryStore(), { sessionId });
      expect(await session.getSessionId()).toBe(sessionId);
      await session.addItems([message('a')]);
      expect(await contents(session)).toEqual(['a']);
    },
  );
});

describe('options', () => {
  test.each<[string, Record<string, unknown>]>([
    ['an empty id', { sessionId: '' }],
    ['an id that is null', { sessionId: null }],
    ['a number as id', { sessionId: 1 }],
    ['an object as id', { sessionId: new String('a') }],
    ['an id of 2,049 bytes', { sessionId: 'x'.repeat(2_049) }],
    ['an id of 1,025 characters of two bytes', { sessionId: 'ä'.repeat(1_025) }],
    ['an id that takes 2,049 bytes with its escape', { sessionId: `~${'x'.repeat(2_047)}` }],
    ['an id with half a character', { sessionId: 'a\ud800' }],
    ['an id with the other half', { sessionId: '\udc00a' }],
    ['an unknown onCorruptRecord', { onCorruptRecord: 'ignore' }],
    ['onCorruptRecord null', { onCorruptRecord: null }],
    ['an unknown concurrentWrites', { concurrentWrites: 'wait' }],
    ['concurrentWrites true', { concurrentWrites: true }],
    ['a string as scope', { scope: 'tenant' }],
    ['scope null', { scope: null }],
    ['compaction null', { compaction: null }],
    ['compaction true', { compaction: true }],
    ['a compaction by nothing', { compaction: {} }],
    ['a compaction by two', { compaction: { client: COMPACTING, shorten: () => undefined } }],
    ['a compaction by a string', { compaction: { shorten: 'shorter' } }],
    ['a client that cannot compact', { compaction: { client: { responses: {} } } }],
    ['null as client', { compaction: { client: null } }],
    ['a number as model', { compaction: { client: COMPACTING, model: 5 } }],
    ['a model without a client', { compaction: { shorten: () => undefined, model: 'gpt-5.5' } }],
    ['shouldTriggerCompaction true', { compaction: { client: COMPACTING, shouldTriggerCompaction: true } }],
    ['onError null', { compaction: { client: COMPACTING, onError: null } }],
  ])('%s is refused', async (_what, options) => {
    const error = await expectCode('INVALID_ARGUMENT', () => new StoredSession(new MemoryStore(), options));
    expect(error.message).toContain(Object.keys(options)[0]);
  });

  test('undefined is the default', async () => {
    const options = {
      sessionId: undefined,
      onCorruptRecord: undefined,
      concurrentWrites: undefined,
      scope: undefined,
      compaction: undefined,
    };
    const session = new StoredSession(new MemoryStore(), options);
    await session.addItems([message('a')]);
    expect(await contents(session)).toEqual(['a']);
  });
});

describe('capabilities, as the SDK detects them', () => {
  test.each([{}, { scope: () => 'acme' }])(
    'all that change history, and the run context, with the options %j',
    (options) => {
      const session = new StoredSession(new MemoryStore(), options);
      expect(isSessionHistoryTransactionAwareSession(session)).toBe(true);
      expect(isSessionHistoryRewriteAwareSession(session)).toBe(true);
      expect(typeof session.replaceHistoryWithCompaction).toBe('function');
      expect(isRunContextAwareSession(session)).toBe(true);
      expect(isOpenAIResponsesCompactionAwareSession(session)).toBe(false);
      expect(isOpenAIResponsesCompactionOwnershipAwareSession(session)).toBe(false);
      for (const method of RECEIPTS) expect(method in session).toBe(false);
    },
  );

  test.each<SessionOptions>([
    { compaction: { shorten: () => undefined } },
    { compaction: { client: COMPACTING } },
    { concurrentWrites: 'reject' },
  ])('receipts, with the options %j', (options) => {
    const session = new StoredSession(new MemoryStore(), options);
    expect(isOpenAIResponsesCompactionOwnershipAwareSession(session)).toBe(true);
  });
});

describe('requests', () => {
  /** What `action` asks of the store of a session that holds a, b, c and one function call. */
  async function requestsOf(action: (session: StoredSession) => unknown): Promise<string[]> {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store, { sessionId: 'id' });
    await session.addItems([...['a', 'b', 'c'].map(message), call('c1', 'x')]);
    requests.length = 0;
    await action(session);
    expect(new Set(requests.map(({ sessionId }) => sessionId)).size).toBeLessThan(2);
    return requests.map(({ method, last }) => (last === undefined ? method : `${method} ${last}`));
  }

  test.each<[string, (session: StoredSession) => unknown, string[]]>([
    ['getSessionId', (session) => session.getSessionId(), []],
    ['getItems', (session) => session.getItems(), ['read']],
    ['getItems(2)', (session) => session.getItems(2), ['read 2']],
    ['getItems(0)', (session) => session.getItems(0), []],
    ['getItems(-1)', (session) => session.getItems(-1), []],
    ['addItems', (session) => session.addItems([message('d'), message('e')]), ['commit']],
    ['addItems of none', (session) => session.addItems([]), []],
    ['popItem', (session) => session.popItem(), ['read 1', 'commit']],
    ['append_items', (session) => apply(session, append('d')), ['commit']],
    ['append_items of none', (session) => apply(session, append()), ['commit']],
    ['replace_suffix of none', (session) => apply(session, replace([], ['d'])), ['commit']],
    [
      'applyHistoryMutations',
      (session) => session.applyHistoryMutations(replaceCall('c1', 'y')),
      ['read', 'commit'],
    ],
    [
      'applyHistoryMutations without a match',
      (session) => session.applyHistoryMutations(replaceCall('c2', 'y')),
      ['read'],
    ],
    ['applyHistoryMutations of none', (session) => session.applyHistoryMutations({ mutations: [] }), []],
    [
      'replaceHistoryWithCompaction',
      (session) => session.replaceHistoryWithCompaction([message('d')]),
      ['read', 'commit'],
    ],
    [
      'replaceHistoryWithCompaction after getItems',
      async (session) => {
        await session.getItems();
        await session.replaceHistoryWithCompaction([message('d')]);
      },
      ['read', 'commit'],
    ],
    ['rewriteHistory', (session) => session.rewriteHistory((items) => items.slice(1)), ['read', 'commit']],
    ['rewriteHistory that declines', (session) => session.rewriteHistory(() => undefined), ['read']],
  ])('%s', async (_method, action, expected) => {
    expect(await requestsOf(action)).toEqual(expected);
  });

  test('clearSession: a clear, and a look for pending runs', async () => {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store, { sessionId: 'id' });
    await session.addItems([message('a')]);
    requests.length = 0;
    await session.clearSession();
    expect(requests).toEqual([
      { method: 'clear', sessionId: 'id' },
      { method: 'read', sessionId: '~/runs/id', last: 1 },
    ]);
  });

  test('replace_suffix: one read, as long as the suffix, and a commit', async () => {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store);
    await session.addItems(['a', 'b', 'c'].map(message));
    await apply(session, replace(['b', 'c'], ['d']));
    expect(requests.slice(1).map(({ method, last }) => [method, last])).toEqual([
      ['read', 2],
      ['commit', undefined],
    ]);
  });

  test('popItem of nothing: a read', async () => {
    const { store, requests } = recording(new MemoryStore());
    await new StoredSession(store).popItem();
    expect(requests.map(({ method }) => method)).toEqual(['read']);
  });

  test.each([0.5, -0.5, NaN, Infinity, -Infinity, 2 ** 53, '1', null, {}, 1n])(
    'getItems(%p): an error and none',
    async (limit) => {
      const { store, requests } = recording(new MemoryStore());
      await expectCode('INVALID_ARGUMENT', () => new StoredSession(store).getItems(limit as number));
      expect(requests).toEqual([]);
    },
  );

  test.each<[string, unknown]>([
    ['no array', undefined],
    ['a string', 'items'],
    ['null', [null]],
    ['a string', ['a']],
    ['an array', [[message('a')]]],
    ['a Date', [message('a'), new Date()]],
    ['a hole', Array(1)],
  ])('addItems with %s: an error and none', async (_what, items) => {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store);
    await expectCode('INVALID_ARGUMENT', () => session.addItems(items as AgentInputItem[]));
    await expectCode('INVALID_ARGUMENT', () =>
      session.replaceHistoryWithCompaction(items as AgentInputItem[]),
    );
    expect(requests).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['a hole', Array(1)],
    ['null', [null]],
    ['an empty callId', [{ ...replaceCall('c1', 'x').mutations[0], callId: '' }]],
  ])('applyHistoryMutations with %s: an error and none', async (_what, mutations) => {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store);
    await expectCode('INVALID_ARGUMENT', () => session.applyHistoryMutations({ mutations } as never));
    expect(requests).toEqual([]);
  });

  test('every commit has an id of its own', async () => {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store);
    for (let round = 0; round < 50; round++) await session.addItems([message('a')]);
    const ids = changes(requests).map(({ idempotencyKey: id }) => id);
    expect(new Set(ids).size).toBe(50);
    for (const id of ids) expect(id).toMatch(/^[\w-]{1,64}$/);
  });

  test('an operation is stored as digests, whatever its id holds', async () => {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store);
    for (const operationId of ['o1', ' o1', '\ud800', '\udfff', 'x'.repeat(100_000)]) {
      await session.applyHistoryTransaction({ operationId, transaction: append('a') });
    }
    const operations = changes(requests).map(({ operation }) => operation);
    expect(new Set(operations.map((operation) => operation?.id)).size).toBe(5);
    expect(new Set(operations.map((operation) => operation?.fingerprint)).size).toBe(1);
    for (const operation of operations) {
      expect(operation?.id).toMatch(/^[\w-]{1,64}$/);
      expect(operation?.fingerprint).toMatch(/^[\w-]{1,64}$/);
    }
  });
});

describe('the hint of what was seen last', () => {
  test('is what this object read or wrote last', async () => {
    const store = new MemoryStore();
    const recorder = recording(store);
    const session = new StoredSession(recorder.store, { sessionId: 'id' });
    const hint = (): unknown => changes(recorder.requests).at(-1)?.lastSeen;
    const revision = async (): Promise<string> => (await store.read('id')).revision;

    await session.addItems([message('a')]);
    expect(hint()).toBeUndefined();
    const first = await revision();
    await session.addItems([message('b')]);
    expect(hint()).toBe(first);

    await new StoredSession(store, { sessionId: 'id' }).addItems([message('c')]);
    const second = await revision();
    await session.getItems(1);
    await session.addItems([message('d')]);
    expect(hint()).toBe(second);

    await new StoredSession(store, { sessionId: 'id' }).addItems([message('e')]);
    const third = await revision();
    await session.popItem();
    expect(hint()).toBe(third);

    await session.clearSession();
    await session.addItems([message('f')]);
    expect(hint()).toBe(NO_HISTORY);
  });

  test('never makes a write conditional', async () => {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store);
    await session.getItems();
    await session.addItems([message('a')]);
    await apply(session, append('b'));
    expect(changes(requests).map(({ ifRevision }) => ifRevision)).toEqual([undefined, undefined]);
  });
});

describe('writes of one object', () => {
  test('are carried out in the order of the calls, one at a time', async () => {
    const memory = new MemoryStore();
    const gate = deferred();
    let waiting = 0;
    const { store, requests } = recording({
      ...bound(memory),
      commit: async (sessionId, change) => {
        if (++waiting === 1) await gate.promise;
        return memory.commit(sessionId, change);
      },
    });
    const session = new StoredSession(store);
    const all = [
      session.addItems([message('a'), message('b')]),
      session.popItem(),
      session.addItems([call('c1', 'x')]),
      session.applyHistoryMutations(replaceCall('c1', 'y')),
      apply(session, append('c')),
      apply(session, replace(['c'], ['d'])),
      session.addItems([message('e')]),
    ];
    await new Promise(setImmediate);
    expect(requests).toHaveLength(1);
    gate.resolve();
    await Promise.all(all);
    expect(await contents(session)).toEqual(['a', call('c1', 'y'), 'd', 'e']);
    expect(await all[1]).toEqual(message('b'));

    await Promise.all([session.clearSession(), session.addItems([message('f')])]);
    expect(await contents(session)).toEqual(['f']);
    await Promise.all([session.addItems([message('g')]), session.clearSession()]);
    expect(await contents(session)).toEqual([]);
  });

  test('are waited for by a rewrite, which keeps them', async () => {
    const memory = new MemoryStore();
    const [gate, rewritten] = [deferred(), deferred()];
    let waiting = 0;
    const { store, requests } = recording({
      ...bound(memory),
      commit: async (sessionId, change) => {
        if (++waiting === 1) await gate.promise;
        return memory.commit(sessionId, change);
      },
    });
    const session = new StoredSession(store);
    const adding = session.addItems([message('a')]);
    const rewriting = session.rewriteHistory((items) => {
      expect(items).toEqual([]);
      rewritten.resolve();
      return [message('summary')];
    });
    await rewritten.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(requests.map(({ method }) => method).sort()).toEqual(['commit', 'read']);
    gate.resolve();
    await adding;
    expect(await rewriting).toEqual({ status: 'rewritten', kept: 1 });
    expect(await contents(session)).toEqual(['summary', 'a']);
  });

  test('take what they are given at the time of the call', async () => {
    const session = new StoredSession(new MemoryStore());
    const items = [{ role: 'user' as const, content: 'before' }];
    const first = session.addItems([message('a')]);
    const second = session.addItems(items);
    if (items[0]) items[0].content = 'after';
    items.push({ role: 'user', content: 'more' });
    await Promise.all([first, second]);
    expect(await contents(session)).toEqual(['a', 'before']);
  });

  test('go on after one that failed, and its error comes through unchanged', async () => {
    const memory = new MemoryStore();
    const failure = new RangeError('the driver failed');
    const failing = { next: '' };
    const failOnce = async <T>(method: string, action: () => Promise<T>): Promise<T> => {
      if (failing.next !== method) return action();
      failing.next = '';
      throw failure;
    };
    const session = new StoredSession({
      read: (id, options) => failOnce('read', () => memory.read(id, options)),
      commit: (id, change) => failOnce('commit', () => memory.commit(id, change)),
      clear: (id) => failOnce('clear', () => memory.clear(id)),
    });
    await session.addItems([message('a'), message('b')]);
    const attempts: [string, () => Promise<unknown>][] = [
      ['read', () => session.getItems()],
      ['commit', () => session.addItems([message('x')])],
      ['read', () => session.popItem()],
      ['commit', () => session.popItem()],
      ['clear', () => session.clearSession()],
      ['commit', () => apply(session, append('x'))],
      ['read', () => apply(session, replace(['b'], ['x']))],
      ['commit', () => apply(session, replace(['b'], ['x']))],
      ['read', () => session.applyHistoryMutations(replaceCall('c1', 'y'))],
      ['commit', () => session.replaceHistoryWithCompaction([message('x')])],
      ['read', () => session.rewriteHistory(() => [])],
      ['commit', () => session.rewriteHistory(() => [])],
    ];
    for (const [method, attempt] of attempts) {
      failing.next = method;
      await expect(attempt()).rejects.toBe(failure);
    }
    expect(await contents(session)).toEqual(['a', 'b']);

    failing.next = 'commit';
    const [failed, later] = [session.addItems([message('x')]), session.addItems([message('c')])];
    await expect(failed).rejects.toBe(failure);
    await later;
    expect(await contents(session)).toEqual(['a', 'b', 'c']);
  });

  test('are not confused by a read that was overtaken by a write', async () => {
    const memory = new MemoryStore();
    const gate = deferred();
    let hold = true;
    const session = new StoredSession(
      {
        ...bound(memory),
        read: async (sessionId, options) => {
          const history = await memory.read(sessionId, options);
          if (hold) await gate.promise;
          return history;
        },
      },
      { concurrentWrites: 'reject' },
    );
    const reading = session.getItems();
    await session.addItems([message('a')]);
    hold = false;
    gate.resolve();
    expect(await reading).toEqual([]);
    await session.addItems([message('b')]);
    expect(await contents(session)).toEqual(['a', 'b']);
  });

  test('are not confused by reads that answer in another order than they were sent', async () => {
    const memory = new MemoryStore();
    const gate = deferred();
    let reads = 0;
    const session = new StoredSession(
      {
        ...bound(memory),
        read: async (sessionId, options) => {
          const history = await memory.read(sessionId, options);
          if (++reads === 1) await gate.promise;
          return history;
        },
      },
      { sessionId: 'id', concurrentWrites: 'reject' },
    );
    const earlier = session.getItems();
    await new StoredSession(memory, { sessionId: 'id' }).addItems([message('a')]);
    expect(await contents(session)).toEqual(['a']);
    gate.resolve();
    expect(await earlier).toEqual([]);
    await session.addItems([message('b')]);
    expect(await contents(session)).toEqual(['a', 'b']);
  });
});

describe('under contention', () => {
  // not all timers: the SDK has one that never ends
  const LONG_ENOUGH_MS = 31_000;

  /** A store whose commits that name a revision always conflict. */
  function contended(): { session: StoredSession; tries: () => number } {
    const memory = new MemoryStore();
    let tries = 0;
    const session = new StoredSession({
      ...bound(memory),
      commit: async (sessionId, change) => {
        if (change.ifRevision === undefined) return memory.commit(sessionId, change);
        tries++;
        return { status: 'conflict' };
      },
    });
    return { session, tries: () => tries };
  }

  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('a change gives up with CONTENTION, after a bounded number of tries, and changes nothing', async () => {
    const { session, tries } = contended();
    await session.addItems([message('a'), call('c1', 'x')]);
    for (const attempt of [
      () => session.popItem(),
      () => apply(session, { type: 'replace_suffix', expectedSuffix: [call('c1', 'x')], replacement: [] }),
      () => session.applyHistoryMutations(replaceCall('c1', 'y')),
      () => session.replaceHistoryWithCompaction([]),
    ]) {
      const before = tries();
      const result = expectCode('CONTENTION', attempt);
      await jest.advanceTimersByTimeAsync(LONG_ENOUGH_MS);
      await result;
      expect(tries() - before).toBeGreaterThan(10);
      expect(tries() - before).toBeLessThan(1_000);
    }
    expect(await contents(session)).toEqual(['a', call('c1', 'x')]);
  });

  test('a try under way is waited for: given up, it could still change what the caller believes unchanged', async () => {
    const memory = new MemoryStore();
    const gate = deferred();
    const session = new StoredSession(
      { ...bound(memory), read: (...args) => gate.promise.then(() => memory.read(...args)) },
      { sessionId: 'id' },
    );
    await session.addItems([message('a')]);
    let ended = false;
    const popped = session.popItem().finally(() => (ended = true));
    await jest.advanceTimersByTimeAsync(LONG_ENOUGH_MS);
    expect(ended).toBe(false);
    gate.resolve();
    expect(await popped).toEqual(message('a'));
  });
});

describe('replaceHistoryWithCompaction', () => {
  test.each(['append', 'reject'] as const)(
    'keeps what this object appended after its read, under %s',
    async (mode) => {
      const session = new StoredSession(new MemoryStore(), { concurrentWrites: mode });
      await session.addItems([message('a'), message('b')]);
      await session.getItems();
      await session.addItems([message('c')]);
      await session.replaceHistoryWithCompaction([message('summary')]);
      expect(await contents(session)).toEqual(['summary', 'c']);
    },
  );

  test('keeps what another appended after the read, though this object wrote and read the end meanwhile', async () => {
    const store = new MemoryStore();
    const session = new StoredSession(store, { sessionId: 'id' });
    await session.addItems([message('a')]);
    await session.getItems();
    await session.addItems([message('b')]);
    await new StoredSession(store, { sessionId: 'id' }).addItems([message('c')]);
    await session.getItems(1);
    await session.replaceHistoryWithCompaction([message('summary')]);
    expect(await contents(session)).toEqual(['summary', 'b', 'c']);
  });
});

describe('a limit over corrupt records that are skipped', () => {
  test.each<[number, string[], string[]]>([
    [1, ['c'], ['read 1', 'read 2']],
    [2, ['b', 'c'], ['read 2', 'read 4']],
    [3, ['a', 'b', 'c'], ['read 3', 'read 6']],
    [4, ['a', 'b', 'c'], ['read 4', 'read 8']],
  ])('getItems(%d)', async (limit, expected, reads) => {
    const { store, requests } = recording(new MemoryStore());
    const append = [...['a', 'b', 'c'].map(textFor), 'not JSON'];
    await store.commit('id', { idempotencyKey: 'first', append });
    requests.length = 0;
    const session = new StoredSession(store, { sessionId: 'id', onCorruptRecord: 'skip' });
    expect(await session.getItems(limit)).toEqual(expected.map(message));
    expect(requests.map(({ method, last }) => `${method} ${last}`)).toEqual(reads);
  });
});

describe('a transaction over corrupt records', () => {
  const BROKEN = 'not JSON';

  async function open(onCorruptRecord: 'error' | 'skip', ...records: string[]) {
    const store = new MemoryStore();
    await store.commit('id', {
      idempotencyKey: 'first',
      append: records.map((each) => (each === BROKEN ? each : textFor(each))),
    });
    return { store, session: new StoredSession(store, { sessionId: 'id', onCorruptRecord }) };
  }

  async function stored(store: SessionStore): Promise<string[]> {
    return (await store.read('id')).records.map((record) =>
      record === BROKEN ? BROKEN : contentOf(String(record)),
    );
  }

  test('fails and changes nothing', async () => {
    for (const transaction of [replace(['b'], ['c']), replace(['a', 'b'], ['c'])]) {
      const { store, session } = await open('error', 'a', BROKEN);
      await expectCode('CORRUPT_RECORD', () => apply(session, transaction));
      expect(await stored(store)).toEqual(['a', BROKEN]);
    }
  });

  test('repeated, does nothing', async () => {
    for (const onCorruptRecord of ['error', 'skip'] as const) {
      const { store, session } = await open(onCorruptRecord, 'a', 'b');
      const args = { operationId: 'o1', transaction: replace(['b'], ['c']) };
      await session.applyHistoryTransaction(args);
      await store.commit('id', { idempotencyKey: 'second', append: [BROKEN] });
      await session.applyHistoryTransaction(args);
      expect(await stored(store)).toEqual(['a', 'c', BROKEN]);
      const other = { operationId: 'o1', transaction: replace(['b'], ['d']) };
      await expectCode('OPERATION_MISMATCH', () => session.applyHistoryTransaction(other));
    }
  });

  test('reads past them on request, and keeps them', async () => {
    const { store, session } = await open('skip', 'x', BROKEN, 'a', BROKEN, 'b', BROKEN);
    expect(await contents(session)).toEqual(['x', 'a', 'b']);
    await expectCode('SUFFIX_MISMATCH', () => apply(session, replace(['x', 'b'], ['c'])));
    await expectCode('SUFFIX_MISMATCH', () => apply(session, replace(['y', 'x', 'a', 'b'], ['c'])));
    await apply(session, replace(['a', 'b'], ['c', 'd']));
    expect(await stored(store)).toEqual(['x', BROKEN, BROKEN, BROKEN, 'c', 'd']);
    expect(await contents(session)).toEqual(['x', 'c', 'd']);
  });
});

test('no error holds content of an item', async () => {
  const SECRET = 'conspicuous';
  const secret = (at: unknown = 1): AgentInputItem => ({
    role: 'user',
    content: SECRET,
    providerData: { secret: SECRET, at },
  });
  const store = new MemoryStore();
  const options = { sessionId: 'id', concurrentWrites: 'reject' as const };
  const [session, other] = [new StoredSession(store, options), new StoredSession(store, options)];
  const one = { operationId: 'o1', transaction: { type: 'append_items' as const, items: [secret()] } };
  const suffix = { type: 'replace_suffix' as const, expectedSuffix: [secret(2)], replacement: [secret()] };
  await session.applyHistoryTransaction(one);
  await other.getItems();
  await session.addItems([secret()]);
  const conflict = await expectCode('CONFLICT', () => other.addItems([secret()]));
  const attempts = [
    () =>
      session.applyHistoryTransaction({ ...one, transaction: { type: 'append_items', items: [secret(3)] } }),
    () => session.applyHistoryTransaction({ operationId: 'o2', transaction: suffix }),
    () =>
      session.applyHistoryTransaction({ operationId: 'o2', transaction: { ...suffix, ...{ [SECRET]: 1 } } }),
    () =>
      session.applyHistoryTransaction({
        operationId: 'o2',
        transaction: { type: SECRET, items: [] } as never,
      }),
    () => session.addItems([secret(new Date())]),
    () => session.addItems([SECRET] as never),
    () => session.addItems(SECRET as never),
    () => session.applyHistoryMutations({ mutations: [secret() as never] }),
    () => session.getItems(SECRET as never),
    async () => {
      await store.commit('id', { idempotencyKey: 'corrupt', append: [`{"${SECRET}`, SECRET] });
      await session.getItems();
    },
    () => session.popItem(),
    () => session.rewriteHistory(() => []),
    async () => {
      await store.commit('id', { idempotencyKey: 'unknown', append: [Buffer.from(`\u0003${SECRET}`)] });
      await session.getItems(1);
    },
  ];
  const errors: unknown[] = [conflict];
  for (const attempt of attempts) errors.push(await attempt().catch((error: unknown) => error));
  expect(errors.map((error) => (error as { code?: string }).code)).toEqual([
    'CONFLICT',
    'OPERATION_MISMATCH',
    'SUFFIX_MISMATCH',
    ...Array<string>(2).fill('INVALID_ARGUMENT'),
    'UNSERIALIZABLE_ITEM',
    ...Array<string>(4).fill('INVALID_ARGUMENT'),
    ...Array<string>(3).fill('CORRUPT_RECORD'),
    'UNSUPPORTED_FORMAT',
  ]);
  for (const error of errors) expect(textOf(error)).not.toContain(SECRET);
});

let operations = 0;

function apply(session: StoredSession, transaction: SessionHistoryTransaction): Promise<void> {
  return session.applyHistoryTransaction({ operationId: `operation-${++operations}`, transaction });
}

function changes(requests: readonly Request[]) {
  return requests.flatMap(({ change }) => (change ? [change] : []));
}

function bound(store: SessionStore): SessionStore {
  return {
    read: (sessionId, options) => store.read(sessionId, options),
    commit: (sessionId, change) => store.commit(sessionId, change),
    clear: (sessionId) => store.clear(sessionId),
  };
}

function textFor(content: string): string {
  return JSON.stringify(message(content));
}

function contentOf(record: string): string {
  return (JSON.parse(record) as { content: string }).content;
}

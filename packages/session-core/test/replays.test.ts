import { RunContext, type AgentInputItem, type SessionHistoryTransaction } from '@openai/agents';
import fc from 'fast-check';
import { MemoryStore, SessionError, StoredSession, type SessionErrorCode, type SessionOptions } from '../src';
import type { SessionStore } from '../src/store';
import { deferred, expectCode, message, recording } from './support';

const call = (callId: string, args: string) =>
  ({ type: 'function_call', callId, name: 'tool', status: 'completed', arguments: args }) as const;
const appendItems = (...contents: string[]): SessionHistoryTransaction => ({
  type: 'append_items',
  items: contents.map(message),
});

/** A store whose next commit may be lost on its way, or its answer on the way back. */
function failing(memory: MemoryStore) {
  const fault: { next: 'the request' | 'the answer' | undefined; error: Error } = {
    next: undefined,
    error: new SessionError('TIMEOUT', 'no answer'),
  };
  const store: SessionStore = {
    read: (...args) => memory.read(...args),
    clear: (...args) => memory.clear(...args),
    commit: async (...args) => {
      const { next, error } = fault;
      fault.next = undefined;
      if (next === 'the request') throw error;
      const result = await memory.commit(...args);
      if (next === 'the answer') throw error;
      return result;
    },
  };
  return { store, fault };
}

function step(options: SessionOptions = {}) {
  const memory = new MemoryStore();
  const { store, fault } = failing(memory);
  const open = (more: SessionOptions = {}): StoredSession =>
    new StoredSession(store, { sessionId: 'id', replayId: 'r1', ...options, ...more });
  const other = new StoredSession(memory, { sessionId: 'id' });
  const add = (session: Pick<StoredSession, 'addItems'>, content: string) =>
    session.addItems([message(content)]);
  const stored = async () =>
    (await other.getItems()).map((item) => ('content' in item ? item.content : item));
  return { memory, fault, open, other, add, stored };
}

describe('the id', () => {
  test.each(['r', ' ', '\0', '\ud800', '💥', 'x'.repeat(256)])('may be %j', async (replayId) => {
    const { open, add, stored } = step();
    for (let attempt = 0; attempt < 2; attempt++) await add(open({ replayId }), 'a');
    await add(open({ replayId: `${replayId.slice(1)}-` }), 'b');
    expect(await stored()).toEqual(['a', 'b']);
  });

  test.each(['', 'x'.repeat(257), 1, null, {}, ['r']])('may not be %j', async (replayId) => {
    await expectCode('INVALID_ARGUMENT', () => new StoredSession(new MemoryStore(), { replayId } as never));
  });

  test('and what is written are known to the store by digests alone', async () => {
    const { store, requests } = recording(new MemoryStore());
    await new StoredSession(store, { replayId: 'the id' }).addItems([message('the content')]);
    expect(requests).toMatchObject([
      {
        change: {
          operation: {
            id: expect.stringMatching(/^[\w-]{22}$/) as string,
            fingerprint: expect.stringMatching(/^[\w-]{22}$/) as string,
          },
        },
      },
    ]);
  });

  test('meets no operation id of a transaction', async () => {
    const { open, other, add, stored } = step();
    await other.applyHistoryTransaction({ operationId: '["replay","r1",0]', transaction: appendItems('x') });
    await other.applyHistoryTransaction({ operationId: 'r1', transaction: appendItems('y') });
    await add(open(), 'a');
    expect(await stored()).toEqual(['x', 'y', 'a']);
  });
});

describe('what cannot be replayed is refused, and nothing is sent', () => {
  test.each<[string, (session: StoredSession) => Promise<unknown>]>([
    ['popItem', (session) => session.popItem()],
    ['clearSession', (session) => session.clearSession()],
    ['rewriteHistory', (session) => session.rewriteHistory(() => [])],
  ])('%s', async (_method, act) => {
    const { store, requests } = recording(new MemoryStore());
    await expectCode('INVALID_ARGUMENT', () => act(new StoredSession(store, { replayId: 'r1' })));
    expect(requests).toEqual([]);
  });
});

describe('a number is taken by what is in', () => {
  test('an empty array is none', async () => {
    const { open, add, stored } = step();
    const first = open();
    await first.addItems([]);
    await first.applyHistoryMutations({ mutations: [] });
    await add(first, 'a');
    await add(open(), 'a');
    expect(await stored()).toEqual(['a']);
  });

  test('in the order of the calls, also where nobody awaits them', async () => {
    const { open, add, stored } = step();
    for (let attempt = 0; attempt < 3; attempt++) {
      const session = open();
      await Promise.all(['a', 'b', 'c'].map((content) => add(session, content)));
    }
    expect(await stored()).toEqual(['a', 'b', 'c']);
  });

  test('keys in another order are the same item', async () => {
    const { open, stored } = step();
    await open().addItems([{ role: 'user', content: 'a' }]);
    await open().addItems([{ content: 'a', role: 'user' }]);
    expect(await stored()).toEqual(['a']);
  });

  test.each<SessionErrorCode>(['COMMIT_TOO_LARGE'])('%s: the next write may be another', async (code) => {
    const { open, fault, add, stored } = step();
    const session = open();
    Object.assign(fault, { next: 'the request', error: new SessionError(code, 'not made') });
    await expectCode(code, () => add(session, 'a and b'));
    for (const content of ['a', 'b']) await add(session, content);
    const again = open();
    await expectCode('OPERATION_MISMATCH', () => add(again, 'a and b'));
    for (const content of ['a', 'b']) await add(again, content);
    expect(await stored()).toEqual(['a', 'b']);
  });

  test('a suffix that does not match leaves it to the next', async () => {
    const { open, add, stored } = step();
    for (let attempt = 0; attempt < 2; attempt++) {
      const session = open();
      const transaction: SessionHistoryTransaction = {
        type: 'replace_suffix',
        expectedSuffix: [message('x')],
        replacement: [message('y')],
      };
      const replaced = session.applyHistoryTransaction({ operationId: 'o1', transaction });
      await expectCode(attempt === 0 ? 'SUFFIX_MISMATCH' : 'OPERATION_MISMATCH', () => replaced);
      await add(session, 'a');
    }
    expect(await stored()).toEqual(['a']);
  });
});

describe('a write of which nobody knows whether it is in', () => {
  const errors = [
    ...(['TIMEOUT', 'ABORTED', 'STORE_UNAVAILABLE', 'STORE_FAILURE', 'ACCESS_DENIED'] as const).map(
      (code) => new SessionError(code, code),
    ),
    new Error('of a store that knows no better'),
  ];
  const cases = errors.flatMap((error) =>
    (['the request', 'the answer'] as const).map((loss) => [loss, error.message, error] as const),
  );

  test.each(cases)('%s was lost (%s): the same may follow, and nothing else', async (next, _name, error) => {
    const { open, fault, add, stored } = step();
    const session = open();
    await add(session, 'a');
    Object.assign(fault, { next, error });
    const calls = ['b', 'c', 'd'].map((content) => add(session, content));
    const results = await Promise.allSettled(calls);
    expect(results).toMatchObject([
      { reason: error },
      { reason: { code: 'OPERATION_MISMATCH' } },
      { reason: { code: 'OPERATION_MISMATCH' } },
    ]);
    for (const content of ['b', 'c', 'd']) await add(session, content);
    expect(await stored()).toEqual(['a', 'b', 'c', 'd']);
    const again = open();
    for (const content of ['a', 'b', 'c', 'd']) await add(again, content);
    expect(await stored()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a read that failed leaves nothing open', async () => {
    const memory = new MemoryStore();
    let fails = true;
    const session = new StoredSession(
      {
        read: (...args) => (fails ? Promise.reject(new SessionError('TIMEOUT', 'a')) : memory.read(...args)),
        commit: (...args) => memory.commit(...args),
        clear: (...args) => memory.clear(...args),
      },
      { replayId: 'r1' },
    );
    const mutations = [
      { type: 'replace_function_call' as const, callId: 'c1', replacement: call('c1', '2') },
    ];
    await expectCode('TIMEOUT', () => session.applyHistoryMutations({ mutations }));
    fails = false;
    await session.addItems([message('a')]);
    expect(await session.getItems()).toEqual([message('a')]);
  });
});

describe('a transaction', () => {
  test('is known by its place, whatever its own id is', async () => {
    const { open, add, stored } = step();
    for (let attempt = 0; attempt < 3; attempt++) {
      const session = open();
      await add(session, 'a');
      await session.applyHistoryTransaction({
        operationId: `o${attempt}`,
        transaction: appendItems('b', 'c'),
      });
      await add(session, 'd');
    }
    expect(await stored()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('that one object applies twice is applied once, and takes one place', async () => {
    const { open, add, stored } = step();
    for (let attempt = 0; attempt < 2; attempt++) {
      const session = open();
      const args = { operationId: 'o1', transaction: appendItems('a') };
      await session.applyHistoryTransaction(args);
      await add(session, 'b');
      await session.applyHistoryTransaction(args);
      await expectCode('OPERATION_MISMATCH', () =>
        session.applyHistoryTransaction({ operationId: 'o1', transaction: appendItems('x') }),
      );
      await add(session, 'c');
    }
    expect(await stored()).toEqual(['a', 'b', 'c']);
  });
});

test('a mutation that found nothing has its place, and finds nothing when it is replayed', async () => {
  const { open, other, add } = step();
  const mutations = [{ type: 'replace_function_call' as const, callId: 'c1', replacement: call('c1', '2') }];
  const work = async (session: StoredSession): Promise<void> => {
    await session.applyHistoryMutations({ mutations });
    await add(session, 'a');
  };
  await work(open());
  await other.addItems([call('c1', '1')]);
  await work(open());
  expect(await other.getItems()).toEqual([message('a'), call('c1', '1')]);
});

test('a compaction that a replay leaves out, because it finds it done, moves no other write', async () => {
  const { open, add, stored } = step();
  const work = async (compacts: boolean): Promise<void> => {
    const session = open();
    await add(session, 'a');
    await session.getItems();
    if (compacts) await session.replaceHistoryWithCompaction([message('short')]);
    await add(session, 'b');
  };
  await work(true);
  await work(false);
  await work(true);
  expect(await stored()).toEqual(['short', 'b']);
});

test('a compaction whose answer was lost is recognised, although what it replaced is gone', async () => {
  const { open, fault, other, add, stored } = step();
  const run = new RunContext();
  const session = open();
  await add(session, 'a');
  await session.getItems(undefined, run);
  await add(other, 'x');
  await session.addItems([message('b')], run);
  fault.next = 'the answer';
  const compact = () => session.replaceHistoryWithCompaction([message('short')], run);
  await expectCode('TIMEOUT', compact);
  await expectCode('OPERATION_MISMATCH', () => session.addItems([message('c')], run));
  await compact();
  await session.addItems([message('c')], run);
  expect(await stored()).toEqual(['short', 'x', 'c']);
  // One that is new finds that what it knows is gone.
  await expectCode('CONFLICT', () => session.replaceHistoryWithCompaction([message('shorter')], run));
  expect(await stored()).toEqual(['short', 'x', 'c']);
});

test('after a clear by somebody else, what is replayed is written to the new history, once', async () => {
  const { open, other, add, stored } = step();
  await add(open(), 'a');
  await other.clearSession();
  for (let attempt = 0; attempt < 2; attempt++) {
    const session = open();
    for (const content of ['a', 'b']) await add(session, content);
  }
  expect(await stored()).toEqual(['a', 'b']);
});

describe('runs on one object', () => {
  test('count on, also in a scope, each of which has numbers of its own', async () => {
    const { memory, open } = step({
      scope: (run: RunContext) => (run.context as { tenant: string }).tenant,
    });
    for (let attempt = 0; attempt < 2; attempt++) {
      const session = open();
      for (const tenant of ['acme', 'other', 'acme']) {
        await session.addItems([message('yes')], new RunContext({ tenant }));
      }
      // of runs at once, one after the other
      await Promise.all(
        ['b', 'c'].map((content) => session.addItems([message(content)], new RunContext({ tenant: 'acme' }))),
      );
    }
    const records = async (id: string) =>
      (await memory.read(id)).records.map(
        (record) => (JSON.parse(String(record)) as { content: string }).content,
      );
    expect(await records('~acme/id')).toEqual(['yes', 'yes', 'b', 'c']);
    expect(await records('~other/id')).toEqual(['yes']);
  });

  test('that are replayed are fenced by what they read, or by the first write that was in', async () => {
    const { open, other, add, stored } = step({ concurrentWrites: 'reject' });
    const run = new RunContext();
    await open().addItems([message('a')], run);
    await other.addItems([message('x')]);
    const again = open();
    await again.addItems([message('a')], run);
    await again.addItems([message('b')], run);
    const late = open();
    await late.addItems([message('a')], run);
    await other.addItems([message('y')]);
    await late.addItems([message('b')], run);
    await expectCode('CONFLICT', () => late.addItems([message('c')], run));
    // What another wrote is not taken for the run's own, although it is the same.
    const last = open();
    await last.getItems(undefined, run);
    await last.addItems([message('a')], run);
    await add(other, 'a');
    await last.getItems(undefined, run);
    await last.addItems([message('b')], run);
    await expectCode('CONFLICT', () => last.addItems([message('c')], run));
    expect(await stored()).toEqual(['a', 'x', 'b', 'y', 'a']);
  });

  test('that are replayed have good receipts: the history is compacted after them', async () => {
    const SUMMARY: AgentInputItem = { type: 'compaction', encrypted_content: 'summary' };
    const { open, stored } = step({
      compaction: { shorten: () => [SUMMARY], shouldTriggerCompaction: () => true },
    });
    const work = async (shortens: boolean): Promise<void> => {
      const session = open() as Required<StoredSession>;
      const run = new RunContext();
      const { ownership } = await session.getItemsWithCompactionOwnership(run);
      for (const content of ['a', 'b']) {
        await session.addItemsWithCompactionOwnership([message(content)], ownership, run);
      }
      if (shortens) await session.runCompaction({}, run, ownership);
    };
    await work(false);
    expect(await stored()).toEqual(['a', 'b']);
    await work(true);
    expect(await stored()).toEqual([SUMMARY]);
    await work(true);
    expect(await stored()).toEqual([SUMMARY]);
  });
});

test('a compaction after a turn, whose failure nobody knows, holds up no write', async () => {
  const { open, fault, add, stored } = step({
    compaction: { shorten: () => [message('short')], shouldTriggerCompaction: () => true },
  });
  const session = open() as Required<StoredSession>;
  await add(session, 'a');
  fault.next = 'the request';
  await expectCode('TIMEOUT', () => session.runCompaction());
  await add(session, 'b');
  expect(await stored()).toEqual(['a', 'b']);
});

test('a write that was called keeps its turn and its items while an earlier one is under way', async () => {
  const memory = new MemoryStore();
  const begun = deferred();
  const { store } = failing(memory);
  const session = new StoredSession(
    { ...store, commit: async (...args) => (await begun.promise, store.commit(...args)) },
    { sessionId: 'id', replayId: 'r1' },
  );
  const item = { role: 'user' as const, content: 'b' };
  const writes = [session.addItems([message('a')]), session.addItems([item])];
  item.content = 'changed';
  begun.resolve();
  await Promise.all(writes);
  expect(await session.getItems()).toEqual(['a', 'b'].map(message));
});

/*
 * Any sequence of writes, killed at any of them, before it arrived or before its answer did, any number of times: what is stored
 * in the end is what is stored without.
 */

type Write = (session: StoredSession, attempt: number) => Promise<void>;

const content = fc.constantFrom('a', 'b', 'c');
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.array(content, { maxLength: 3 }).map(
    (contents): Write =>
      (session) =>
        session.addItems(contents.map(message)),
  ),
  fc.array(content, { maxLength: 2 }).map(
    (contents): Write =>
      (session, attempt) =>
        session.applyHistoryTransaction({
          operationId: `o-${attempt}-${contents.join()}`,
          transaction: appendItems(...contents),
        }),
  ),
  fc
    .tuple(content, fc.array(content, { maxLength: 2 }))
    .map(([expected, contents]): Write => async (session) => {
      const transaction: SessionHistoryTransaction = {
        type: 'replace_suffix',
        expectedSuffix: [message(expected)],
        replacement: contents.map(message),
      };
      // A step whose tries differ, because there is nothing to replace in one of them, has to end in each in the same way.
      await session.addItems([message(expected)]);
      await session.applyHistoryTransaction({ operationId: globalThis.crypto.randomUUID(), transaction });
    }),
  fc
    .tuple(fc.constantFrom('1', '2'), fc.constantFrom('x', 'y'))
    .map(([callId, args]): Write => async (session) => {
      await session.addItems([call(callId, 'first')]);
      await session.applyHistoryMutations({
        mutations: [{ type: 'replace_function_call', callId, replacement: call(callId, args) }],
      });
    }),
);

async function work(store: SessionStore, writes: readonly Write[], attempt: number): Promise<void> {
  const session = new StoredSession(store, { sessionId: 'id', replayId: 'r1' });
  for (const each of writes) await each(session, attempt);
}

test('whatever is written, and wherever it is killed: what is stored in the end is the same', async () => {
  const kill = fc.record({ at: fc.nat({ max: 12 }), loss: fc.constantFrom('the request', 'the answer') });
  const others = fc.array(fc.nat({ max: 4 }), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(write, { minLength: 1, maxLength: 6 }),
      fc.array(kill, { maxLength: 6 }),
      others,
      async (writes, kills, meanwhile) => {
        const undisturbed = new MemoryStore();
        await work(undisturbed, writes, -1);
        const expected = await new StoredSession(undisturbed, { sessionId: 'id' }).getItems();

        const memory = new MemoryStore();
        const other = new StoredSession(memory, { sessionId: 'id' });
        for (const [attempt, { at, loss }] of kills.entries()) {
          let commits = 0;
          const killing: SessionStore = {
            read: (...args) => memory.read(...args),
            clear: (...args) => memory.clear(...args),
            commit: async (...args) => {
              const isLast = commits++ === at;
              if (isLast && loss === 'the request') throw new Error('killed');
              const result = await memory.commit(...args);
              if (isLast) throw new Error('killed');
              return result;
            },
          };
          await work(killing, writes, attempt).catch((error: unknown) =>
            expect(error).toMatchObject({ message: 'killed' }),
          );
          // Others write only between finished steps, so that no suffix of the step's own is moved away.
          if (commits <= at && meanwhile.includes(attempt)) await other.addItems([message('other')]);
        }
        await work(memory, writes, kills.length);
        const items = await other.getItems();
        const own = items.filter((item) => !('content' in item) || item.content !== 'other');
        expect(own).toEqual(expected);
      },
    ),
    { numRuns: 400 },
  );
});

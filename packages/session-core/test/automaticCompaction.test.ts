import { RunContext, type AgentInputItem } from '@openai/agents';
import {
  MemoryStore,
  SessionError,
  StoredSession,
  type CompactAfter,
  type CompactionOptions,
  type ModelExchange,
  type SessionOptions,
} from '../src';
import { expectCode, message } from './support';

/** What the Runner passes to a session that shortens its history after a turn, and what it must not do. */

const SUMMARY: AgentInputItem = { type: 'compaction', encrypted_content: 'summary' };
const ALWAYS: CompactionOptions = { shorten: () => [SUMMARY], shouldTriggerCompaction: () => true };
const call = (callId: string): AgentInputItem => ({
  type: 'function_call',
  callId,
  name: 'tool',
  arguments: '{}',
});
const result = (callId: string): AgentInputItem => ({
  type: 'function_call_result',
  callId,
  name: 'tool',
  status: 'completed',
  output: 'done',
});

type Session = Required<StoredSession>;

function objects(options: SessionOptions = { compaction: ALWAYS }) {
  const store = new MemoryStore();
  const open = (): Session => new StoredSession(store, { sessionId: 'id', ...options }) as Session;
  const session = open();
  const other = new StoredSession(store, { sessionId: 'id' });
  const run = new RunContext();
  return { store, open, session, other, run, stored: () => other.getItems() };
}

const told = (...items: AgentInputItem[]): ModelExchange => ({ items });

describe('a receipt', () => {
  test('is good in the object that gave it only', async () => {
    const { open, session, run, stored } = objects();
    await session.addItems([message('a')]);
    const { ownership } = await session.getItemsWithCompactionOwnership(run);
    const elsewhere = open();
    await elsewhere.getItemsWithCompactionOwnership(run);
    for (const none of [ownership, null, {}]) {
      expect(await elsewhere.runCompaction({}, run, none, told(message('a')))).toBeNull();
    }
    expect(await stored()).toEqual([message('a')]);
    await session.runCompaction({}, run, ownership, told(message('a')));
    expect(await stored()).toEqual([SUMMARY]);
  });

  test('comes with no other read, and is not renewed by one', async () => {
    const { session, other, run, stored } = objects();
    const { ownership } = await session.getItemsWithCompactionOwnership(run);
    await other.addItems([message('a')]);
    await session.addItemsWithCompactionOwnership([message('b')], ownership, run);
    const items = await session.getItems(undefined, run);
    expect(await session.runCompaction({ force: true }, run, ownership, told(...items))).toBeNull();
    expect(await stored()).toEqual(['a', 'b'].map(message));
  });

  test.each<[string, (session: Session, run: RunContext) => Promise<unknown>]>([
    [
      'an append without it',
      (session, run) => session.addItemsWithCompactionOwnership([message('b')], null, run),
    ],
    ['addItems', (session, run) => session.addItems([message('b')], run)],
    ['addItems outside the run', (session) => session.addItems([message('b')])],
  ])('is stale after %s, of the same object', async (_what, write) => {
    const { session, run, stored } = objects();
    await session.addItems([message('a')]);
    const { ownership } = await session.getItemsWithCompactionOwnership(run);
    await write(session, run);
    await session.addItemsWithCompactionOwnership([message('c')], ownership, run);
    const exchange = told(...['a', 'b', 'c'].map(message));
    expect(await session.runCompaction({}, run, ownership, exchange)).toBeNull();
    expect(await stored()).toEqual(['a', 'b', 'c'].map(message));
  });

  test('of one scope writes to no other', async () => {
    const scope = ({ context }: RunContext): string => (context as { tenant: string }).tenant;
    const { session } = objects({ compaction: ALWAYS, scope });
    const run = new RunContext({ tenant: 'acme' });
    await session.addItems([message('a')], run);
    const { ownership } = await session.getItemsWithCompactionOwnership(run);
    run.context.tenant = 'other';
    await session.addItemsWithCompactionOwnership([message('b')], ownership, run);
    expect(await session.runCompaction({}, run, ownership, told(message('a')))).toBeNull();
    expect(await session.getItems(undefined, run)).toEqual([message('b')]);
    run.context.tenant = 'acme';
    expect(await session.getItems(undefined, run)).toEqual([message('a')]);
    for (const action of [
      () => session.getItemsWithCompactionOwnership(),
      () => session.addItemsWithCompactionOwnership([], ownership),
      () => session.runCompaction(),
    ]) {
      await expectCode('MISSING_SCOPE', action);
    }
  });

  test('tells runs apart that share a context, also when both are under way', async () => {
    const { session, run, stored } = objects({ concurrentWrites: 'reject' });
    const slower = await session.getItemsWithCompactionOwnership(run);
    const faster = await session.getItemsWithCompactionOwnership(run);
    await session.addItemsWithCompactionOwnership([message('a')], faster.ownership, run);
    await expectCode('CONFLICT', () =>
      session.addItemsWithCompactionOwnership([message('x')], slower.ownership, run),
    );
    expect(await stored()).toEqual([message('a')]);
  });

  test('stays good after the compaction', async () => {
    const { session, run, stored } = objects();
    const { ownership } = await session.getItemsWithCompactionOwnership(run);
    for (const content of ['a', 'b']) {
      await session.addItemsWithCompactionOwnership([message(content)], ownership, run);
      const items = await stored();
      await session.runCompaction({}, run, ownership, told(...items));
      expect(await stored()).toEqual([SUMMARY]);
    }
  });
});

describe('what must not be replaced', () => {
  async function compact(items: AgentInputItem[], exchange: ModelExchange): Promise<AgentInputItem[]> {
    const { session, run, stored } = objects();
    await session.addItems(items);
    const { ownership } = await session.getItemsWithCompactionOwnership(run);
    await session.runCompaction({}, run, ownership, exchange);
    return stored();
  }

  test('what the model was not shown', async () => {
    const items = ['a', 'b'].map(message);
    expect(await compact(items, told(message('b')))).toEqual(items);
    expect(await compact(items, told(message('b'), message('a')))).toEqual(items);
    expect(await compact(items, told(...items, message('c')))).toEqual([SUMMARY]);
    expect(await compact([message('a'), message('a')], told(message('a')))).toHaveLength(2);
  });

  test('what cannot be compared counts as shown no more than the rest', async () => {
    const odd = { role: 'user', content: 'a', providerData: { at: new Date() } } as AgentInputItem;
    expect(await compact([message('a')], told(odd))).toEqual([message('a')]);
    expect(await compact([message('a')], told(odd, message('a')))).toEqual([SUMMARY]);
  });

  test('where the Runner has no exchange to tell', async () => {
    const { session, run, stored } = objects();
    await session.addItems([message('a')]);
    const { ownership } = await session.getItemsWithCompactionOwnership(run);
    expect(await session.runCompaction({}, run, ownership, undefined)).toBeNull();
    expect(await stored()).toEqual([message('a')]);
  });

  test('calls that wait for their result, which need not be shown', async () => {
    const items = [message('a'), call('1'), call('2'), result('1')];
    const shown = [message('a'), call('1'), result('1')];
    expect(await compact(items, told(...shown))).toEqual([SUMMARY, call('2')]);
  });

  test('what stands before the latest compaction need not be shown', async () => {
    const items = [message('a'), SUMMARY, message('b')];
    expect(await compact(items, told(SUMMARY, message('b')))).toEqual([SUMMARY]);
    expect(await compact(items, told(message('b')))).toEqual(items);
  });

  test('a corrupt record', async () => {
    const { store, session, run } = objects({ compaction: ALWAYS, onCorruptRecord: 'skip' });
    await store.commit('id', { idempotencyKey: 'first', append: ['not JSON', JSON.stringify(message('a'))] });
    const { ownership } = await session.getItemsWithCompactionOwnership(run);
    await session.runCompaction({}, run, ownership, told(message('a')));
    expect((await store.read('id')).records[0]).toBe('not JSON');
    expect(await session.getItems()).toEqual([SUMMARY]);
  });
});

describe('what it cost', () => {
  const usage = {
    inputTokens: 9,
    outputTokens: 1,
    totalTokens: 10,
    inputTokensDetails: {},
    outputTokensDetails: {},
  };

  test('is told, also when others changed the history meanwhile, or the store failed', async () => {
    const memory = new MemoryStore();
    const errors: unknown[] = [];
    let meanwhile = (): Promise<unknown> => Promise.resolve();
    let failing = false;
    const session = new StoredSession(
      {
        read: (...args) => memory.read(...args),
        clear: (...args) => memory.clear(...args),
        commit: (...args) => {
          if (failing) throw new SessionError('STORE_UNAVAILABLE', 'gone');
          return memory.commit(...args);
        },
      },
      {
        sessionId: 'id',
        compaction: {
          shouldTriggerCompaction: () => true,
          onError: (error) => errors.push(error),
          shorten: async () => {
            await meanwhile();
            return { items: [SUMMARY], usage };
          },
        },
      },
    ) as Session;
    await session.addItems([message('a')]);
    meanwhile = () => memory.clear('id');
    expect(await session.runCompaction()).toEqual({ usage });
    meanwhile = () => Promise.resolve((failing = true));
    await memory.commit('id', { idempotencyKey: 'another', append: [JSON.stringify(message('b'))] });
    expect(await session.runCompaction()).toEqual({ usage });
    expect(errors).toMatchObject([{ code: 'STORE_UNAVAILABLE' }]);
    await expectCode('STORE_UNAVAILABLE', () => session.runCompaction({ force: true }));
    expect(await session.getItems()).toEqual([message('b')]);
  });

  test('is null where the function does not tell', async () => {
    const { session, stored } = objects();
    await session.addItems([message('a')]);
    expect(await session.runCompaction({ force: true })).toBeNull();
    expect(await stored()).toEqual([SUMMARY]);
  });
});

test('the decision is given what the SDK’s own is given', async () => {
  const shouldTriggerCompaction = jest.fn<boolean, unknown[]>(() => false);
  const { session, run, stored } = objects({ compaction: { ...ALWAYS, shouldTriggerCompaction } });
  const items: AgentInputItem[] = [message('a'), SUMMARY, call('1'), result('1')];
  await session.addItems(items);
  const { ownership } = await session.getItemsWithCompactionOwnership(run);
  await session.runCompaction({ responseId: 'r1' }, run, ownership, { items, responseId: 'r2' });
  await session.runCompaction({ responseId: 'r1' });
  const context = {
    compactionMode: 'input',
    compactionCandidateItems: [call('1'), result('1')],
    sessionItems: items,
  };
  expect(shouldTriggerCompaction.mock.calls).toEqual([
    [{ ...context, responseId: 'r2' }],
    [{ ...context, responseId: 'r1' }],
  ]);
  expect(await stored()).toEqual(items);
});

describe('compactAfter', () => {
  const umlauts = message('äöü'); // 34 bytes of JSON, hence 9 tokens
  const SIZE = { items: 1, bytes: 34, tokens: 9 };
  const kinds = Object.keys(SIZE) as (keyof typeof SIZE)[];

  async function isDue(compactAfter: CompactAfter, items: readonly AgentInputItem[]): Promise<boolean> {
    const { session, run, stored } = objects({ compaction: { shorten: () => [SUMMARY], compactAfter } });
    await session.addItems([...items]);
    const { ownership } = await session.getItemsWithCompactionOwnership(run);
    await session.runCompaction({}, run, ownership, told(...items));
    const left = await stored();
    return left.length === 1 && left[0]?.type === 'compaction';
  }

  test('counts all items, in any of the three ways, and each is reached or not', async () => {
    const items = [umlauts, umlauts, umlauts];
    expect(Buffer.byteLength(JSON.stringify(umlauts))).toBe(SIZE.bytes);
    for (const kind of kinds) {
      expect([kind, await isDue({ [kind]: 3 * SIZE[kind] }, items)]).toEqual([kind, true]);
      expect([kind, await isDue({ [kind]: 3 * SIZE[kind] + 1 }, items)]).toEqual([kind, false]);
    }
    expect(await isDue({ items: 2 }, [SUMMARY, umlauts])).toBe(true);
  });

  test('is whichever comes first', async () => {
    const never = { items: 1_000, bytes: 100_000, tokens: 10_000 };
    expect(await isDue(never, [umlauts, umlauts])).toBe(false);
    for (const kind of kinds) expect(await isDue({ ...never, [kind]: 1 }, [umlauts, umlauts])).toBe(true);
  });

  test('takes the place of the ten items of the SDK, and is not asked when forced', async () => {
    const many = Array.from({ length: 12 }, (_, index) => [call(`${index}`), result(`${index}`)]).flat();
    expect(await isDue({ items: 25 }, many)).toBe(false);
    const { session, stored } = objects({
      compaction: { shorten: () => [SUMMARY], compactAfter: { items: 100 } },
    });
    await session.addItems([umlauts]);
    await session.runCompaction();
    expect(await stored()).toEqual([umlauts]);
    await session.runCompaction({ force: true });
    expect(await stored()).toEqual([SUMMARY]);
  });

  test('is what it was when the session was made', async () => {
    const compactAfter = { items: 2 };
    const { session, stored } = objects({ compaction: { shorten: () => [SUMMARY], compactAfter } });
    compactAfter.items = 1;
    await session.addItems([umlauts]);
    await session.runCompaction();
    expect(await stored()).toEqual([umlauts]);
  });

  test.each<[string, unknown]>([
    ['nothing', {}],
    ['nothing but undefined', { items: undefined }],
    ['something else', { items: 1, turns: 2 }],
    ['zero', { items: 0 }],
    ['half an item', { items: 1.5 }],
    ['a string', { bytes: '10' }],
    ['no end', { tokens: Infinity }],
    ['a number', 10],
    ['null', null],
    ['a function', () => true],
  ])('must not be %s', async (_what, compactAfter) => {
    const compaction = { shorten: () => [SUMMARY], compactAfter } as CompactionOptions;
    await expectCode('INVALID_ARGUMENT', () => new StoredSession(new MemoryStore(), { compaction }));
  });

  test('does not go with shouldTriggerCompaction', async () => {
    const compaction = { ...ALWAYS, compactAfter: { items: 1 } } as unknown as CompactionOptions;
    await expectCode('INVALID_ARGUMENT', () => new StoredSession(new MemoryStore(), { compaction }));
  });
});

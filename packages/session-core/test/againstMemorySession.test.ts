import { MemorySession, type AgentInputItem, type SessionHistoryTransactionArgs } from '@openai/agents';
import fc from 'fast-check';
import { MemoryStore, SessionError, StoredSession, type SessionErrorCode } from '../src';
import { isPlainObject } from '../src/arguments/isPlainObject';
import { anyStorable, expectCode, isSame, itemWith, message } from './support';

// Jest gives this file a realm of its own, and `structuredClone` answers with objects of the outer one, which the SDK's
// session then takes for class instances. Outside of jest there is one realm.
const { structuredClone: cloneElsewhere } = globalThis;
beforeAll(() => {
  globalThis.structuredClone = ((value: unknown) =>
    toThisRealm(cloneElsewhere(value))) as typeof structuredClone;
});
afterAll(() => {
  globalThis.structuredClone = cloneElsewhere;
});

type FunctionCall = Extract<AgentInputItem, { type: 'function_call' }>;
type AnySession = MemorySession | StoredSession;
/** What a step does to a session whose items are `items`. */
type Step = (session: AnySession, items: readonly AgentInputItem[]) => Promise<unknown>;

const call = (callId: string, args: string): FunctionCall => ({
  type: 'function_call',
  callId,
  name: 'tool',
  status: 'completed',
  arguments: args,
});

const anyCall = fc
  .tuple(fc.constantFrom('c1', 'c2'), fc.constantFrom('1', '2'))
  .map(([id, args]) => call(id, args));

/** Few different ones, so that they meet; with everything storable as metadata. */
const anyItem: fc.Arbitrary<AgentInputItem> = fc.oneof(
  fc.constantFrom('a', 'b').map(message),
  anyCall,
  fc.constantFrom<AgentInputItem[]>(
    { type: 'message', role: 'system', content: 'a' },
    { type: 'message', role: 'user', content: [{ type: 'input_image', image: 'data:,' }] },
    { role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'a' }] },
    { type: 'function_call_result', callId: 'c1', name: 'tool', status: 'completed', output: 'a' },
    { type: 'reasoning', content: [{ type: 'input_text', text: 'a' }] },
    { type: 'compaction', encrypted_content: 'a' },
    { type: 'unknown', providerData: { a: -0 } },
  ),
  anyStorable.map(itemWith),
);
const anyItems = fc.array(anyItem, { maxLength: 4 });
const anyOperationId = fc.constantFrom('o1', 'o2', 'o3', ' o1', '', ' \n');
const anyCount = fc.integer({ min: 0, max: 4 });

/** An expectation that holds, one that holds but for the order of keys, and ones that don't. */
const anyExpectation: fc.Arbitrary<(end: AgentInputItem[]) => AgentInputItem[]> = fc.oneof(
  fc.constant((end: AgentInputItem[]) => end),
  fc.constant((end: AgentInputItem[]) => end.map((item) => reversed(item) as AgentInputItem)),
  fc.constant((end: AgentInputItem[]) => end.toReversed()),
  anyItem.map((item) => (end: AgentInputItem[]) => [item, ...end]),
  anyItems.map((items) => () => items),
);

const BAD_TRANSACTIONS: unknown[] = [
  ...[undefined, null, 1, 'append_items', [], {}, { type: 'append_items' }, { type: 'other', items: [] }],
  ...[
    { items: [] },
    { type: 'append_items', items: {} },
    { type: 'append_items', items: [], more: undefined },
  ],
  ...[
    { type: 'append_items', items: [null] },
    { type: 'append_items', items: [{}] },
  ],
  ...[
    { type: 'append_items', items: [{ role: 1, content: 'a' }] },
    { type: 'append_items', items: Array(1) },
  ],
  ...[
    { type: 'append_items', items: [itemWith(new Date())] },
    { type: 'append_items', items: [itemWith(1n)] },
  ],
  ...[
    { type: 'append_items', items: [itemWith(() => 1)] },
    { type: 'append_items', items: [itemWith(new Map())] },
  ],
  ...[{ type: 'append_items', items: [itemWith({ [Symbol('a')]: 1 })] }],
  ...[
    { type: 'replace_suffix', expectedSuffix: [] },
    { type: 'replace_suffix', replacement: [] },
  ],
  ...[{ type: 'replace_suffix', expectedSuffix: [], replacement: [], items: [] }],
  ...[{ type: 'replace_suffix', expectedSuffix: [[]], replacement: [] }],
];

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc
    .option(fc.integer({ min: -3, max: 6 }), { nil: undefined })
    .map((limit) => (session: AnySession) => session.getItems(limit)),
  { weight: 2, arbitrary: anyItems.map((items) => (session: AnySession) => session.addItems(items)) },
  fc.constant((session: AnySession) => session.popItem()),
  { weight: 1, arbitrary: fc.constant((session: AnySession) => session.clearSession()) },
  fc.array(anyCall, { maxLength: 3 }).map(
    (calls) => (session: AnySession) =>
      session.applyHistoryMutations({
        mutations: calls.map((replacement) => ({
          type: 'replace_function_call',
          callId: replacement.callId,
          replacement: { ...replacement, name: 'rewritten' },
        })),
      }),
  ),
  fc.tuple(anyOperationId, anyItems).map(
    ([operationId, items]) =>
      (session: AnySession) =>
        session.applyHistoryTransaction({ operationId, transaction: { type: 'append_items', items } }),
  ),
  {
    weight: 3,
    arbitrary: fc.tuple(anyOperationId, anyCount, anyExpectation, anyItems).map(
      ([operationId, count, expectation, replacement]) =>
        (session: AnySession, items: readonly AgentInputItem[]) =>
          session.applyHistoryTransaction({
            operationId,
            transaction: {
              type: 'replace_suffix',
              expectedSuffix: expectation(count === 0 ? [] : items.slice(-count)),
              replacement,
            },
          }),
    ),
  },
  fc.tuple(anyOperationId, fc.constantFrom(...BAD_TRANSACTIONS)).map(
    ([operationId, transaction]) =>
      (session: AnySession) =>
        session.applyHistoryTransaction({ operationId, transaction } as SessionHistoryTransactionArgs),
  ),
);

/** A new step, or, for a number, the one that many steps before again, with the arguments that it had. */
const anySteps = fc.array(fc.oneof({ weight: 3, arbitrary: anyStep }, fc.integer({ min: 1, max: 3 })), {
  maxLength: 25,
});

type Call = (session: AnySession) => Promise<unknown>;

async function compare(
  steps: (Step | number)[],
  theirs: MemorySession,
  ours: () => StoredSession,
): Promise<void> {
  const calls: Call[] = [];
  for (const step of steps) {
    const items = await theirs.getItems();
    const again = typeof step === 'number' ? calls.at(-step) : (session: AnySession) => step(session, items);
    if (again === undefined) continue;
    calls.push(again);
    const [expected, actual] = [await outcomeOf(again(theirs)), await outcomeOf(again(ours()))];
    expect(actual.code).toBe(expected.code);
    expect(isSame(actual.value, expected.value)).toBe(true);
    expect(isSame(await ours().getItems(), await theirs.getItems())).toBe(true);
  }
}

test("random sequences of calls do what they do on the SDK's MemorySession", async () => {
  await fc.assert(
    fc.asyncProperty(anySteps, async (steps) => {
      const ours = new StoredSession(new MemoryStore());
      await compare(steps, new MemorySession(), () => ours);
    }),
    { numRuns: 200 },
  );
});

test('so they do with a new object for each call', async () => {
  await fc.assert(
    fc.asyncProperty(anySteps, async (steps) => {
      const store = new MemoryStore();
      await compare(steps, new MemorySession(), () => new StoredSession(store, { sessionId: 'id' }));
    }),
    { numRuns: 200 },
  );
});

test("so they do under concurrentWrites: 'reject', with one writer", async () => {
  await fc.assert(
    fc.asyncProperty(anySteps, async (steps) => {
      const ours = new StoredSession(new MemoryStore(), { concurrentWrites: 'reject' });
      await compare(steps, new MemorySession(), () => ours);
    }),
    { numRuns: 200 },
  );
});

/**
 * Where we differ on purpose. Nothing else may differ: the tests above compare everything else.
 * Each test first shows what the SDK's session does.
 */
describe('deviations:', () => {
  let theirs: MemorySession;
  let ours: StoredSession;
  beforeEach(async () => {
    theirs = new MemorySession();
    ours = new StoredSession(new MemoryStore());
    for (const session of [theirs, ours]) await session.addItems(['a', 'b', 'c'].map(message));
  });

  const apply = (session: AnySession, transaction: unknown): Promise<void> =>
    session.applyHistoryTransaction({ operationId: 'o1', transaction } as SessionHistoryTransactionArgs);

  test.each<[unknown, number]>([
    [1.5, 2],
    [NaN, 3],
    [Infinity, 3],
    ['2', 2],
    [null, 0],
  ])('a limit of %p is an error', async (limit, length) => {
    expect(await theirs.getItems(limit as number)).toHaveLength(length);
    await expectCode('INVALID_ARGUMENT', () => ours.getItems(limit as number));
  });

  test('an empty session id is an error', async () => {
    expect(await new MemorySession({ sessionId: '' }).getSessionId()).toBe('');
    await expectCode('INVALID_ARGUMENT', () => new StoredSession(new MemoryStore(), { sessionId: '' }));
  });

  test.each<[string, unknown]>([
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a RegExp', /a/],
    [
      'a class instance',
      new (class Point {
        x = 1;
      })(),
    ],
    ['an array of a class', new (class List extends Array<unknown> {})()],
    ['a BigInt', 1n],
    ['NaN', NaN],
    ['undefined in an array', [undefined]],
    ['other typed arrays', Float64Array.of(1)],
    ['a symbol key', { [Symbol('a')]: 1 }],
  ])('addItems refuses %s, which JSON cannot carry', async (_what, value) => {
    await theirs.addItems([itemWith(value)]);
    await expectCode('UNSERIALIZABLE_ITEM', () => ours.addItems([itemWith(value)]));
  });

  test.each<[string, unknown]>([
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['undefined in an array', [undefined]],
  ])('a transaction refuses %s, which JSON cannot carry', async (_what, value) => {
    const transaction = { type: 'append_items', items: [itemWith(value)] };
    await apply(theirs, transaction);
    await expectCode('UNSERIALIZABLE_ITEM', () => apply(ours, transaction));
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a string', 'a'],
    ['an array', []],
    ['a Date', new Date(0)],
  ])('addItems refuses %s as an item', async (_what, item) => {
    await theirs.addItems([item as AgentInputItem]);
    await expectCode('INVALID_ARGUMENT', () => ours.addItems([item as AgentInputItem]));
  });

  test('properties that are undefined are dropped, and do not count when suffixes are compared', async () => {
    const [bare, withUndefined] = [itemWith({}), itemWith({ a: undefined })];
    for (const session of [theirs, ours]) await session.addItems([withUndefined]);
    const transaction = { type: 'replace_suffix', expectedSuffix: [bare], replacement: [] };
    expect((await theirs.getItems(1))[0]).toStrictEqual(withUndefined);
    await expect(apply(theirs, transaction)).rejects.toThrow();
    expect((await ours.getItems(1))[0]).toStrictEqual(bare);
    await apply(ours, transaction);
    expect(await ours.getItems()).toHaveLength(3);
  });

  test("items of a transaction need a type, or a role, but are not checked against the SDK's schemas", async () => {
    const items = [{ type: 'a_later_type' }, { role: 'user' }];
    await expect(apply(theirs, { type: 'append_items', items })).rejects.toThrow();
    await apply(ours, { type: 'append_items', items });
    expect(await ours.getItems(2)).toEqual(items);
  });

  test("stored items outside of the SDK's schemas can be replaced, too", async () => {
    const later = [{ type: 'a_later_type' } as unknown as AgentInputItem];
    for (const session of [theirs, ours]) await session.addItems(later);
    const transaction = { type: 'replace_suffix', expectedSuffix: later, replacement: [] };
    await expect(apply(theirs, transaction)).rejects.toThrow();
    await apply(ours, transaction);
    expect(await ours.getItems()).toHaveLength(3);
  });

  test('a hidden property is refused, not dropped', async () => {
    const hidden = itemWith(Object.defineProperty({ a: 1 }, 'b', { value: 2, enumerable: false }));
    for (const items of [[hidden], [Object.defineProperty(itemWith(1), 'b', { value: 2 })]]) {
      await expectCode('UNSERIALIZABLE_ITEM', () => ours.addItems(items));
      await expectCode('UNSERIALIZABLE_ITEM', () => apply(ours, { type: 'append_items', items }));
    }
  });

  test('a getter is read, and a property of bytes is dropped; in transactions, too', async () => {
    const bytes = Object.assign(Uint8Array.of(1), { named: 1 });
    const items = [
      {
        get a() {
          return 1;
        },
      },
      bytes,
    ].map(itemWith);
    for (const item of items)
      await expect(apply(theirs, { type: 'append_items', items: [item] })).rejects.toThrow();
    await apply(ours, { type: 'append_items', items });
    expect(await ours.getItems(2)).toStrictEqual([{ a: 1 }, Uint8Array.of(1)].map(itemWith));
  });

  test('nesting of any depth is taken, in transactions, too', async () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 20_000; depth++) deep = [deep];
    const transaction = { type: 'append_items', items: [itemWith(deep)] };
    await expect(apply(theirs, transaction)).rejects.toThrow();
    await apply(ours, transaction);
  });

  test('the arguments of a transaction must be a plain object', async () => {
    const args = new (class Arguments {
      operationId = 'o1';
      transaction = { type: 'append_items' as const, items: [] };
    })();
    await theirs.applyHistoryTransaction(args);
    await expectCode('INVALID_ARGUMENT', () => ours.applyHistoryTransaction(args));
  });

  test.each<[string, unknown]>([
    ['an unknown type', { type: 'other', callId: 'c1', replacement: call('c1', '1') }],
    ['an empty callId', { type: 'replace_function_call', callId: '', replacement: call('', '1') }],
    [
      'a replacement that is no function call',
      { type: 'replace_function_call', callId: 'c1', replacement: message('a') },
    ],
    ['no replacement', { type: 'replace_function_call', callId: 'c1' }],
  ])('a mutation with %s is an error', async (_what, mutation) => {
    const args = { mutations: [mutation] } as never;
    await theirs.applyHistoryMutations(args);
    await expectCode('INVALID_ARGUMENT', () => ours.applyHistoryMutations(args));
  });
});

interface Outcome {
  readonly code: SessionErrorCode | undefined;
  readonly value: unknown;
}

async function outcomeOf(step: Promise<unknown>): Promise<Outcome> {
  try {
    return { code: undefined, value: await step };
  } catch (error) {
    return { code: codeOf(error), value: undefined };
  }
}

/** The code of our errors; the one that we have for an error of the SDK's session. */
function codeOf(error: unknown): SessionErrorCode {
  if (SessionError.is(error)) return error.code === 'UNSERIALIZABLE_ITEM' ? 'INVALID_ARGUMENT' : error.code;
  const text = String(error);
  if (text.includes('already applied with a different transaction')) return 'OPERATION_MISMATCH';
  if (text.includes('suffix no longer matches')) return 'SUFFIX_MISMATCH';
  if (text.startsWith('UserError:') || text.startsWith('Error: Session history')) return 'INVALID_ARGUMENT';
  throw error;
}

/** The same value with all keys in the opposite order. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(reversed);
  const entries = Object.entries(value).map(([key, held]): [string, unknown] => [key, reversed(held)]);
  return Object.fromEntries(entries.reverse());
}

function toThisRealm(value: unknown): unknown {
  const pending = [value];
  for (let each = pending.pop(); pending.length > 0 || each !== undefined; each = pending.pop()) {
    if (typeof each !== 'object' || each === null || ArrayBuffer.isView(each)) continue;
    if (Array.isArray(each)) Object.setPrototypeOf(each, Array.prototype);
    else if (isPlainObject(each)) Object.setPrototypeOf(each, Object.prototype);
    for (const key of Object.keys(each)) pending.push(Object.getOwnPropertyDescriptor(each, key)?.value);
  }
  return value;
}

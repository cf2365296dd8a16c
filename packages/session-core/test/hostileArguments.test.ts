import type { AgentInputItem } from '@openai/agents';
import * as fc from 'fast-check';
import { assertStorable, compactSession, MemoryStore, SessionError, StoredSession } from '../src';
import { call, result } from './histories';
import { expectCode, itemWith, message, recording, textOf } from './support';

/** Arguments are read once, in a guard: no getter and no proxy of the caller's gets its words out, or is asked again. */

const SECRET = 'conspicuous';

type Call = (session: StoredSession, argument: unknown) => unknown;

/** Every method that takes items, with an argument that it accepts. */
const CALLS: Record<string, [accepted: () => object, call: Call]> = {
  addItems: [() => [message('a'), call('1')], (session, items) => session.addItems(items as never)],
  importItems: [
    () => [message('a'), call('1')],
    (_session, items) => new StoredSession(new MemoryStore()).importItems(items as never),
  ],
  replaceHistoryWithCompaction: [
    () => [message('a'), result('1')],
    (session, items) => session.replaceHistoryWithCompaction(items as never),
  ],
  rewriteHistory: [
    () => [message('a'), call('1')],
    (session, items) => session.rewriteHistory(() => items as never),
  ],
  compactSession: [
    () => [message('a'), call('1')],
    (session, items) => compactSession(session, () => items as never),
  ],
  assertStorable: [() => [message('a'), call('1')], (_session, items) => assertStorable(items as never)],
  'append_items transactions': [
    () => ({ operationId: 'o', transaction: { type: 'append_items', items: [message('b'), call('1')] } }),
    (session, args) => session.applyHistoryTransaction(args as never),
  ],
  'replace_suffix transactions': [
    () => ({
      operationId: 'o',
      transaction: {
        type: 'replace_suffix',
        expectedSuffix: [message('stored')],
        replacement: [itemWith([1, { a: 'b' }])],
      },
    }),
    (session, args) => session.applyHistoryTransaction(args as never),
  ],
  mutations: [
    () => ({ mutations: [{ type: 'replace_function_call', callId: '1', replacement: call('1') }] }),
    (session, args) => session.applyHistoryMutations(args as never),
  ],
};

async function opened(): Promise<{ session: StoredSession; changes: () => number }> {
  const { store, requests } = recording(new MemoryStore());
  const session = new StoredSession(store, { sessionId: 's' });
  await session.addItems([message('stored')]);
  return { session, changes: () => requests.filter(({ method }) => method !== 'read').length - 1 };
}

/** Every place of a value, as the keys that lead there. */
function placesOf(value: unknown, place: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [place];
  return [place, ...Object.entries(value).flatMap(([key, held]) => placesOf(held, [...place, key]))];
}

function at(value: unknown, place: readonly string[]): unknown {
  return place.reduce((held, key) => (held as Record<string, unknown>)[key], value);
}

/** The same with another value at one place. */
function replaced(
  value: unknown,
  [key, ...rest]: readonly string[],
  by: (held: unknown) => unknown,
): unknown {
  if (key === undefined) return by(value);
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/** The same with a getter at one place. */
function withGetter(value: unknown, place: readonly string[], get: (held: unknown) => unknown): unknown {
  const key = place.at(-1);
  if (key === undefined) return value;
  return replaced(value, place.slice(0, -1), (parent) => {
    const held = (parent as Record<string, unknown>)[key];
    const copy: object = Array.isArray(parent) ? [...(parent as unknown[])] : { ...(parent as object) };
    return Object.defineProperty(copy, key, { enumerable: true, configurable: true, get: () => get(held) });
  });
}

const FAILURES: Record<string, () => unknown> = {
  'an Error': () => new Error(SECRET),
  'a SessionError': () => new SessionError('STORE_FAILURE', SECRET, { cause: SECRET }),
  'a string': () => SECRET,
  nothing: () => undefined,
};

const TRAPS = ['get', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf', 'has'] as const;

function proxyThatThrows(held: unknown, trap: (typeof TRAPS)[number], thrown: unknown): object {
  const fail = (): never => {
    throw thrown;
  };
  return new Proxy(held as object, { [trap]: fail });
}

function revoked(held: unknown): object {
  const { proxy, revoke } = Proxy.revocable(held as object, {});
  revoke();
  return proxy;
}

/** How the call refuses the argument; undefined when it accepts it. */
async function refusalOf(name: string, argument: unknown): Promise<SessionError | undefined> {
  const { session, changes } = await opened();
  const error: unknown = await Promise.resolve()
    .then(() => CALLS[name]?.[1](session, argument))
    .then(
      () => undefined,
      (reason: unknown) => reason ?? 'nothing',
    );
  if (error === undefined) return undefined;
  if (!SessionError.is(error)) throw error instanceof Error ? error : new Error('not an error');
  expect(['INVALID_ARGUMENT', 'UNSERIALIZABLE_ITEM']).toContain(error.code);
  expect(textOf(error)).not.toContain(SECRET);
  expect(changes()).toBe(0);
  return error;
}

describe.each(Object.keys(CALLS))('%s', (name) => {
  const [accepted] = CALLS[name] ?? [() => ({})];
  const places = placesOf(accepted());
  // what a callback returns is awaited first: a `then` that fails is the callback's own failure
  const isAwaited = name === 'rewriteHistory' || name === 'compactSession';
  const containers = places
    .filter((place) => typeof at(accepted(), place) === 'object')
    .filter(({ length }) => length > 0 || !isAwaited);

  test('the argument is accepted as it is', async () => {
    const { session } = await opened();
    await CALLS[name]?.[1](session, accepted());
  });

  test.each(Object.entries(FAILURES))(
    'a getter anywhere that throws %s is refused',
    async (_what, failure) => {
      for (const place of places.slice(1)) {
        const argument = withGetter(accepted(), place, () => {
          throw failure();
        });
        expect([place, (await refusalOf(name, argument)) !== undefined]).toEqual([place, true]);
      }
    },
  );

  test.each(TRAPS)('a proxy anywhere whose %s throws is refused, or not asked', async (trap) => {
    for (const place of containers) {
      for (const failure of Object.values(FAILURES)) {
        const argument = replaced(accepted(), place, (held) => proxyThatThrows(held, trap, failure()));
        await refusalOf(name, argument);
      }
    }
  });

  test('a revoked proxy anywhere is refused', async () => {
    for (const place of containers) {
      const argument = replaced(accepted(), place, revoked);
      expect([place, (await refusalOf(name, argument)) !== undefined]).toEqual([place, true]);
    }
  });

  test('each property is read once', async () => {
    for (const place of places.slice(1)) {
      let reads = 0;
      const argument = withGetter(accepted(), place, (held) => {
        if (reads++ > 0) throw new Error(SECRET);
        return held;
      });
      const { session } = await opened();
      await CALLS[name]?.[1](session, argument);
      expect([place, reads]).toEqual([place, 1]);
    }
  });
});

test.each<[string, unknown]>([
  ['no number', 'x'],
  ['NaN', NaN],
  ['a fraction', 0.5],
  ['infinite', Infinity],
])('a list whose length is %s is no list', async (_what, length) => {
  const items = new Proxy([message('a')], {
    get: (target, key) => (key === 'length' ? length : (Reflect.get(target, key) as unknown)),
  });
  const { session, changes } = await opened();
  await expectCode('INVALID_ARGUMENT', () => session.addItems(items));
  expect(changes()).toBe(0);
});

test('a list is read by its places, whatever its iterator says', async () => {
  const items = Object.assign([message('a'), message('b')], {
    [Symbol.iterator]: () => {
      throw new Error(SECRET);
    },
    map: () => [message('mine')],
    entries: () => [],
    forEach: () => undefined,
  });
  const { session } = await opened();
  await session.addItems(items);
  await session.applyHistoryTransaction({
    operationId: 'o',
    transaction: { type: 'append_items', items },
  });
  expect(await session.getItems()).toEqual(['stored', 'a', 'b', 'a', 'b'].map(message));
});

test('a list of four billion holes is refused at the first', async () => {
  const items: AgentInputItem[] = [];
  items.length = 2 ** 32 - 1;
  const { session } = await opened();
  const error = await expectCode('INVALID_ARGUMENT', () => session.addItems(items));
  expect(error.message).toBe('items[0] must be a plain object');
});

describe('of values that change with each reading', () => {
  /** Counts up with each reading, and as bytes it also needs the careful writer. */
  function changing(): AgentInputItem {
    let readings = 0;
    return {
      role: 'user',
      get content() {
        return `reading ${++readings}`;
      },
      providerData: {
        get count() {
          return ++readings;
        },
        bytes: Uint8Array.of(1),
      },
    };
  }

  test('the fingerprint of a transaction is that of what is stored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), async (count) => {
        const { session } = await opened();
        const items = Array.from({ length: count }, changing);
        await session.applyHistoryTransaction({
          operationId: 'o',
          transaction: { type: 'append_items', items },
        });
        const stored = (await session.getItems()).slice(1);
        expect(stored).toHaveLength(count);
        // recognised as the same
        await session.applyHistoryTransaction({
          operationId: 'o',
          transaction: { type: 'append_items', items: stored },
        });
        expect((await session.getItems()).slice(1)).toEqual(stored);
      }),
      { numRuns: 20 },
    );
  });

  test('the type that a mutation is judged by is the one that is stored', async () => {
    const { session } = await opened();
    await session.addItems([call('1')]);
    const types = ['function_call', 'other', 'another'];
    const replacement = {
      ...call('1'),
      get type() {
        return types.shift();
      },
    };
    await session.applyHistoryMutations({
      mutations: [{ type: 'replace_function_call', callId: '1', replacement: replacement as never }],
    });
    expect(await session.getItems()).toEqual([message('stored'), call('1')]);
  });

  test('the type that a transaction is judged by is the one that is stored', async () => {
    const { session } = await opened();
    const types = ['message', undefined];
    const item = {
      get type() {
        return types.shift();
      },
    };
    await session.applyHistoryTransaction({
      operationId: 'o',
      transaction: { type: 'append_items', items: [item as never] },
    });
    expect(await session.getItems()).toEqual([message('stored'), { type: 'message' }]);
  });
});

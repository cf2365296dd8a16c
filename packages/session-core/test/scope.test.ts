import { randomBytes } from 'node:crypto';
import { RunContext } from '@openai/agents';
import fc from 'fast-check';
import { MemoryStore, StoredSession, type SessionScope } from '../src';
import { encryptWith } from '../src/encryption';
import { indexId, pendingRunsId, scopePrefix, storedSessionId } from '../src/session/sessionId';
import { expectCode, message, recording } from './support';

interface Tenant {
  tenant: string;
}

const byTenant = ({ context }: RunContext): string => (context as Tenant).tenant;
const runOf = (tenant: string): RunContext<Tenant> => new RunContext({ tenant });
const add = (session: StoredSession, content: string, run?: RunContext) =>
  session.addItems([message(content)], run);

const encryption = encryptWith({ keys: [randomBytes(32)], digestKey: randomBytes(32) });

/** Every method that reaches the store. */
const METHODS: Record<string, (session: StoredSession, run?: RunContext) => Promise<unknown>> = {
  getItems: (session, run) => session.getItems(undefined, run),
  'getItems(0)': (session, run) => session.getItems(0, run),
  describe: (session, run) => session.describe(run),
  setDetails: async (session, run) => {
    await session.addItems([message('a')], run);
    return session.setDetails({ title: 'a' }, run);
  },
  getDetails: (session, run) => session.getDetails(run),
  addItems: (session, run) => session.addItems([message('a')], run),
  'addItems of none': (session, run) => session.addItems([], run),
  popItem: (session, run) => session.popItem(run),
  clearSession: (session, run) => session.clearSession(run),
  applyHistoryTransaction: (session, run) =>
    session.applyHistoryTransaction(
      { operationId: 'o1', transaction: { type: 'append_items', items: [message('a')] } },
      run,
    ),
  applyHistoryMutations: (session, run) => session.applyHistoryMutations({ mutations: [] }, run),
  replaceHistoryWithCompaction: (session, run) => session.replaceHistoryWithCompaction([message('a')], run),
  fork: (session, run) => session.fork({ sessionId: 'fork' }, run),
  reencrypt: (session, run) => session.reencrypt(run),
  importItems: async (session, run) => {
    await session.clearSession(run);
    await session.importItems([message('a')], run);
  },
  rewriteHistory: (session, run) => session.rewriteHistory(() => [], run),
  savePendingRun: async (session, run) => {
    await session.addItems([message('a')], run);
    return session.savePendingRun(WAITING, run);
  },
  pendingRuns: (session, run) => session.pendingRuns(run),
  decidePendingRun: (session, run) => session.decidePendingRun('id', [], run),
  takePendingRun: (session, run) => session.takePendingRun('id', { restore: () => null as never }, run),
  deletePendingRun: (session, run) => session.deletePendingRun('id', run),
};

/** The text of the state of a run that waits, as far as a session looks at it. */
const WAITING = JSON.stringify({
  $schemaVersion: '1.22',
  currentStep: { data: { interruptions: [{ rawItem: { callId: 'c1', name: 'pay' } }] } },
});

/** What reaches none but the list of its scope, which an id of any length has. */
const OF_SCOPE = ['pendingRuns', 'decidePendingRun', 'takePendingRun', 'deletePendingRun'];

test('the list of methods is complete', () => {
  const known = new Set(Object.keys(METHODS));
  const methods = Object.getOwnPropertyNames(StoredSession.prototype);
  expect(methods.filter((name) => !known.has(name))).toEqual(['constructor', 'getSessionId']);
});

describe('without a usable scope', () => {
  const scopes: Record<string, [SessionScope, RunContext | undefined]> = {
    'no run context': [byTenant, undefined],
    'a run context that is null': [byTenant, null as never],
    'no run context, for a scope that needs none': [() => 'acme', undefined],
    'null as run context, for a scope that needs none': [() => 'acme', null as never],
    'a scope that throws': [
      () => {
        throw new Error('no tenant');
      },
      runOf('acme'),
    ],
    'a scope that returns nothing': [(() => undefined) as never, runOf('acme')],
    'a scope that returns an empty string': [() => '', runOf('acme')],
    'a scope that returns a number': [(() => 1) as never, runOf('acme')],
    'a scope that returns a promise': [(() => Promise.resolve('acme')) as never, runOf('acme')],
    'a scope that returns a String object': [() => Object('acme') as string, runOf('acme')],
    'a scope that returns half a character': [() => 'acme\ud800', runOf('acme')],
  };

  describe.each(Object.entries(scopes))('%s', (_what, [scope, run]) => {
    test.each(Object.entries(METHODS))('%s: MISSING_SCOPE, and no request', async (_method, call) => {
      const { store, requests } = recording(new MemoryStore());
      const session = new StoredSession(store, { sessionId: 'chat', scope, index: {}, encryption });
      await expectCode('MISSING_SCOPE', () => call(session, run));
      expect(requests).toEqual([]);
    });
  });

  test('the error names what the scope threw as its cause', async () => {
    const failure = new Error('no tenant');
    const scope = (): string => {
      throw failure;
    };
    const session = new StoredSession(new MemoryStore(), { scope });
    const error = await expectCode('MISSING_SCOPE', () => session.getItems(undefined, runOf('acme')));
    expect(error.cause).toBe(failure);
  });

  test('the session id is told all the same, and stays plain', async () => {
    const session = new StoredSession(new MemoryStore(), { sessionId: '~chat', scope: byTenant });
    expect(await session.getSessionId()).toBe('~chat');
    await add(session, 'a', runOf('acme'));
    expect(await session.getSessionId()).toBe('~chat');
  });

  test('an id that is too long within its scope is refused, and no request is sent', async () => {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store, {
      sessionId: 'x'.repeat(2_040),
      scope: byTenant,
      index: {},
      encryption,
    });
    await add(session, 'a', runOf('123456'));
    requests.length = 0;
    for (const [name, call] of Object.entries(METHODS)) {
      if (OF_SCOPE.includes(name)) continue;
      await expectCode('INVALID_ARGUMENT', () => call(session, runOf('1234567')));
    }
    expect(requests).toEqual([]);
  });
});

test('each method works within its scope alone', async () => {
  for (const [name, call] of Object.entries(METHODS)) {
    const { store, requests } = recording(new MemoryStore());
    const session = new StoredSession(store, { sessionId: 'chat', scope: byTenant, index: {}, encryption });
    await add(session, 'theirs', runOf('other'));
    await add(session, 'ours', runOf('acme'));
    requests.length = 0;
    await call(session, runOf('acme'));
    const ids = new Set(requests.map(({ sessionId }) => sessionId));
    const own = ['~acme/chat', '~acme/fork', '~acme/~runs', '~acme/~index'];
    expect([name, [...ids].filter((id) => !own.includes(id))]).toEqual([name, []]);
    expect(await session.getItems(undefined, runOf('other'))).toEqual([message('theirs')]);
  }
});

test('a run context without the option changes nothing', async () => {
  const session = new StoredSession(new MemoryStore());
  await add(session, 'a', runOf('acme'));
  await add(session, 'b');
  expect(await session.getItems(undefined, runOf('other'))).toEqual([message('a'), message('b')]);
});

describe('stored ids', () => {
  test.each([
    ['chat', undefined, 'chat'],
    ['~chat', undefined, '~~chat'],
    ['chat', 'acme', '~acme/chat'],
    ['~/%', 'a/b~c%d', '~a%2Fb%7Ec%25d/~~/%'],
    ['a', 'Ä 💥', '~Ä 💥/a'],
    ['*', '*', '~%2A/*'],
    ['a', '?[^a-z]\\', '~%3F%5B%5Ea-z%5D%5C/a'],
    ['a', '${aws:userid}', '~%24%7Baws:userid%7D/a'],
  ])('%j in scope %j is %j', (sessionId, scope, expected) => {
    expect(storedSessionId(sessionId, scope)).toBe(expected);
  });

  test('are one-to-one over scoped and unscoped sessions together: all short ids', () => {
    const parts = words(['~', '/', '%', '2', 'A', '*'], 3);
    const owners = new Map<string, [string, string | undefined]>();
    const met: unknown[] = [];
    for (const sessionId of parts) {
      for (const scope of [undefined, ...parts]) {
        const stored = storedSessionId(sessionId, scope);
        if (owners.has(stored)) met.push([owners.get(stored), [sessionId, scope]]);
        owners.set(stored, [sessionId, scope]);
      }
    }
    expect(met).toEqual([]);
    expect(owners.size).toBe(parts.length * (parts.length + 1));
  });

  test('are one-to-one over scoped and unscoped sessions together: any ids', () => {
    const word = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      fc.string({
        unit: fc.constantFrom('~', '/', '%', '%2F', '%7E', '%25', '~a/', 'a'),
        minLength: 1,
        maxLength: 6,
      }),
    );
    const pair = fc.tuple(word, fc.option(word, { nil: undefined }));
    fc.assert(
      fc.property(pair, pair, ([leftId, leftScope], [rightId, rightScope]) => {
        fc.pre(leftId !== rightId || leftScope !== rightScope);
        expect(storedSessionId(leftId, leftScope)).not.toBe(storedSessionId(rightId, rightScope));
      }),
      { numRuns: 5_000 },
    );
  });

  test('of pending runs and of indexes are those of no session, and of one place each', () => {
    const parts = words(['~', '/', '%', '2', 'a'], 3);
    const scopes = [undefined, ...parts];
    const sessions = new Set(parts.flatMap((id) => scopes.map((scope) => storedSessionId(id, scope))));
    const reserved = [
      ...parts.map((id) => pendingRunsId(id) ?? ''),
      ...parts.map((scope) => pendingRunsId('chat', scope) ?? ''),
      ...parts.map((scope) => indexId(undefined, scope)),
      ...parts.flatMap((owner) => scopes.map((scope) => indexId(owner, scope))),
    ];
    expect(new Set(reserved).size).toBe(reserved.length);
    expect(reserved.filter((id) => id === '' || sessions.has(id))).toEqual([]);
    const ofScope = parts.flatMap((owner) => [pendingRunsId('chat', 'acme'), indexId(owner, 'acme')]);
    expect(ofScope.filter((id) => id?.startsWith(scopePrefix('acme')) !== true)).toEqual([]);
    expect([pendingRunsId('~chat'), pendingRunsId('chat', 'acme')]).toEqual(['~/runs/~chat', '~acme/~runs']);
  });

  test('of pending runs and of indexes are those of no session: any ids', () => {
    const word = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      fc.string({
        unit: fc.constantFrom('~', '/', '%', '%2F', 'a', '~runs', '~index', 'index/'),
        minLength: 1,
        maxLength: 6,
      }),
    );
    const scope = fc.option(word, { nil: undefined });
    fc.assert(
      fc.property(word, scope, word, scope, (sessionId, itsScope, other, otherScope) => {
        const stored = storedSessionId(sessionId, itsScope);
        expect(stored).not.toBe(pendingRunsId(other, otherScope));
        expect(stored).not.toBe(indexId(other, otherScope));
        expect(pendingRunsId(sessionId, itsScope)).not.toBe(indexId(other, otherScope));
      }),
      { numRuns: 5_000 },
    );
  });

  test('of one scope begin alike, and no pattern made of that fits those of another', () => {
    // What Redis's and IAM's patterns mean is nothing in a scope, so that they are plain prefixes.
    const word = fc.string({
      unit: fc.constantFrom('*', '?', '[', ']', '^', '\\', '$', '{', '}', '%', '/', '~', '-', 'a'),
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(word, word, fc.option(word, { nil: undefined }), (scope, sessionId, other) => {
        const prefix = scopePrefix(scope);
        expect(prefix).toMatch(/^~[^*?[\]\\^${}~/]+\/$/);
        expect(storedSessionId(sessionId, other).startsWith(prefix)).toBe(scope === other);
      }),
      { numRuns: 5_000 },
    );
  });

  test('of one scope begin alike, and no others do', () => {
    const word = fc.string({
      unit: fc.constantFrom('~', '/', '%', 'a', 'acme', '~acme/'),
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(word, fc.option(word, { nil: undefined }), (sessionId, scope) => {
        expect(storedSessionId(sessionId, scope).startsWith('~acme/')).toBe(scope === 'acme');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what a scoped session has seen', () => {
  test('is told apart by run: the slower of two runs on one object is fenced', async () => {
    const session = new StoredSession(new MemoryStore(), { scope: byTenant, concurrentWrites: 'reject' });
    const [faster, slower, elsewhere] = [runOf('acme'), runOf('acme'), runOf('other')];
    for (const run of [faster, slower, elsewhere]) await session.getItems(undefined, run);
    await add(session, 'a', faster);
    await add(session, 'b', faster);
    await expectCode('CONFLICT', () => add(session, 'x', slower));
    await expectCode('CONFLICT', () => session.replaceHistoryWithCompaction([message('x')], slower));
    await add(session, 'c', elsewhere);
    await add(session, 'c', faster);
    await session.getItems(undefined, slower);
    await expectCode('CONFLICT', () => add(session, 'x', slower));
    const next = runOf('acme');
    await session.getItems(undefined, next);
    await add(session, 'd', next);
    expect(await session.getItems(undefined, faster)).toEqual(['a', 'b', 'c', 'd'].map(message));
  });

  test('is forgotten when the scope of a run changes', async () => {
    const session = new StoredSession(new MemoryStore(), { scope: byTenant, concurrentWrites: 'reject' });
    const run = runOf('acme');
    await add(session, 'a', run);
    run.context.tenant = 'other';
    await add(session, 'b', run);
    expect(await session.getItems(undefined, run)).toEqual([message('b')]);
    expect(await session.getItems(undefined, runOf('acme'))).toEqual([message('a')]);
  });

  test('writes of one run keep the order of the calls', async () => {
    const session = new StoredSession(new MemoryStore(), { scope: byTenant });
    const run = runOf('acme');
    await Promise.all(['a', 'b', 'c'].map((content) => add(session, content, run)));
    expect(await session.getItems(undefined, run)).toEqual(['a', 'b', 'c'].map(message));
  });
});

/** All words of 1 to `longest` letters. */
function words(letters: readonly string[], longest: number): string[] {
  if (longest === 0) return [];
  return letters.flatMap((letter) => [letter, ...words(letters, longest - 1).map((rest) => letter + rest)]);
}

import { MemoryStore, SessionError, StoredSession } from '../src';
import { expectCode, message } from './support';

/** The same class from another copy of the package, as two versions of it in one process have. */
function otherCopy(): typeof SessionError {
  let copy = SessionError;
  jest.isolateModules(() => {
    copy = jest.requireActual<{ SessionError: typeof SessionError }>('../src').SessionError;
  });
  return copy;
}

test('a SessionError has a name, a code, a message, and a cause where there is one', () => {
  const cause = new Error('connect ECONNREFUSED');
  const error = new SessionError('STORE_UNAVAILABLE', 'no connection', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toBe('SessionError: no connection');
  expect([error.name, error.code, error.cause]).toEqual(['SessionError', 'STORE_UNAVAILABLE', cause]);
  expect('cause' in new SessionError('CONFLICT', 'changed')).toBe(false);
  expect(JSON.parse(JSON.stringify(error))).toEqual({ name: 'SessionError', code: 'STORE_UNAVAILABLE' });
});

describe('SessionError.is', () => {
  test('knows a SessionError, and its code', () => {
    const error: unknown = new SessionError('CONFLICT', 'changed');
    expect(SessionError.is(error)).toBe(true);
    expect(SessionError.is(error, 'CONFLICT')).toBe(true);
    expect(SessionError.is(error, 'CONTENTION')).toBe(false);
  });

  test('knows one of another copy of the package', () => {
    const Other = otherCopy();
    const error = new Other('CONFLICT', 'changed');
    expect(error).not.toBeInstanceOf(SessionError);
    expect(SessionError.is(error)).toBe(true);
    expect(SessionError.is(error, 'CONFLICT')).toBe(true);
    expect(SessionError.is(error, 'TIMEOUT')).toBe(false);
    expect(Other.is(new SessionError('CONFLICT', 'changed'), 'CONFLICT')).toBe(true);
  });

  test('knows a subclass', () => {
    expect(SessionError.is(new (class MyError extends SessionError {})('CONFLICT', 'changed'))).toBe(true);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'SessionError'],
    ['another error', new Error('SessionError')],
    ['another error with a code', Object.assign(new Error(), { code: 'CONFLICT' })],
    ['an error of that name without a code', Object.assign(new Error(), { name: 'SessionError' })],
    ['an object that looks like one', { name: 'SessionError', code: 'CONFLICT', message: 'changed' }],
  ])('is not taken in by %s', (_what, error) => {
    expect(SessionError.is(error)).toBe(false);
  });
});

test("a store's SessionError of another copy comes through unchanged, and changes nothing", async () => {
  const store = new MemoryStore();
  const failure = new (otherCopy())('UNSUPPORTED_FORMAT', 'a row of a newer version');
  const session = new StoredSession(
    {
      read: () => Promise.reject(failure),
      commit: (sessionId, change) => store.commit(sessionId, change),
      clear: (sessionId) => store.clear(sessionId),
    },
    { sessionId: 'id', onCorruptRecord: 'skip' },
  );
  await session.addItems([message('a')]);
  const transaction = {
    type: 'replace_suffix' as const,
    expectedSuffix: [message('a')],
    replacement: [message('b')],
  };
  for (const attempt of [
    () => session.getItems(),
    () => session.popItem(),
    () => session.applyHistoryTransaction({ operationId: 'o1', transaction }),
    () => session.replaceHistoryWithCompaction([]),
  ]) {
    expect(await expectCode('UNSUPPORTED_FORMAT', attempt)).toBe(failure);
  }
  expect(await new StoredSession(store, { sessionId: 'id' }).getItems()).toEqual([message('a')]);
});

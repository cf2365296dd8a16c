import { MemoryStore } from '../src';
import { isRefreshDue, resolveStoreOptions, type StoreOptions, type TtlRefresh } from '../src/store';
import { expectCode } from './support';

test('defaults', () => {
  expect(resolveStoreOptions({})).toEqual({
    ttlMs: undefined,
    ttlRefresh: 'write',
    timeoutMs: 15_000,
    signal: undefined,
  });
});

test('seconds become milliseconds, the rest stays', () => {
  const { signal } = new AbortController();
  expect(resolveStoreOptions({ ttlSeconds: 1, ttlRefresh: 'access', timeoutMs: 1, signal })).toEqual({
    ttlMs: 1_000,
    ttlRefresh: 'access',
    timeoutMs: 1,
    signal,
  });
  expect(resolveStoreOptions({ ttlSeconds: 946_080_000, timeoutMs: 1_800_000 })).toEqual({
    ttlMs: 946_080_000_000,
    ttlRefresh: 'write',
    timeoutMs: 1_800_000,
    signal: undefined,
  });
});

const NO_POSITIVE_INTEGERS = [0, -1, 0.5, 1.5, NaN, Infinity, 2 ** 53, '60', null, true, 60n, {}];

test.each(NO_POSITIVE_INTEGERS)(
  'ttlSeconds and timeoutMs must be positive integers: not %p',
  async (value) => {
    for (const name of ['ttlSeconds', 'timeoutMs']) {
      const options = { [name]: value } as StoreOptions;
      const { message } = await expectCode('INVALID_ARGUMENT', () => resolveStoreOptions(options));
      expect(message).toContain(name);
    }
    await expectCode('INVALID_ARGUMENT', () => new MemoryStore({ ttlSeconds: value as number }));
  },
);

test.each([null, '', 'read', 'Write', true, 1, {}])(
  'ttlRefresh must be one of its values: not %p',
  async (value) => {
    const options = { ttlRefresh: value as unknown as TtlRefresh };
    await expectCode('INVALID_ARGUMENT', () => resolveStoreOptions(options));
    await expectCode('INVALID_ARGUMENT', () => new MemoryStore(options));
  },
);

test.each([
  [1_000, 1_000, false],
  [1_000, 901, false],
  [1_000, 900, true],
  [1_000, 1, true],
  [1_000, 5_000, false],
  [1_000, Infinity, false],
])('with a ttl of %d ms and %d ms left, a refresh by reading is due: %p', (ttlMs, remainingMs, due) => {
  expect(isRefreshDue(ttlMs, remainingMs)).toBe(due);
});

test('what a timer or a database cannot hold is refused', async () => {
  await expectCode('INVALID_ARGUMENT', () => resolveStoreOptions({ timeoutMs: 1_800_001 }));
  await expectCode('INVALID_ARGUMENT', () => resolveStoreOptions({ ttlSeconds: 946_080_001 }));
});

test.each([null, {}, 'signal', new AbortController()])(
  'signal must be an AbortSignal: not %p',
  async (signal) => {
    await expectCode('INVALID_ARGUMENT', () => resolveStoreOptions({ signal: signal as AbortSignal }));
  },
);

test('a point in time given as ttlSeconds is refused, and told', async () => {
  for (const ttlSeconds of [1_700_000_000, Math.ceil(Date.now() / 1_000) + 60, Date.now()]) {
    const { message } = await expectCode('INVALID_ARGUMENT', () => resolveStoreOptions({ ttlSeconds }));
    expect(message).toContain('a duration, not a point in time');
  }
});

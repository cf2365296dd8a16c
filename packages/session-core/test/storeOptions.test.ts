import { MemoryStore, resolveStoreOptions, type StoreOptions } from '../src';
import { expectCode } from './support';

test('defaults', () => {
  expect(resolveStoreOptions({})).toEqual({ ttlMs: undefined, timeoutMs: 15_000, signal: undefined });
});

test('seconds become milliseconds, the rest stays', () => {
  const { signal } = new AbortController();
  expect(resolveStoreOptions({ ttlSeconds: 1, timeoutMs: 1, signal })).toEqual({
    ttlMs: 1_000,
    timeoutMs: 1,
    signal,
  });
  expect(resolveStoreOptions({ ttlSeconds: 3_153_600_000, timeoutMs: 2 ** 31 - 1 })).toEqual({
    ttlMs: 3_153_600_000_000,
    timeoutMs: 2 ** 31 - 1,
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

test('what a timer or a database cannot hold is refused', async () => {
  await expectCode('INVALID_ARGUMENT', () => resolveStoreOptions({ timeoutMs: 2 ** 31 }));
  await expectCode('INVALID_ARGUMENT', () => resolveStoreOptions({ ttlSeconds: 3_153_600_001 }));
});

test.each([null, {}, 'signal', new AbortController()])(
  'signal must be an AbortSignal: not %p',
  async (signal) => {
    await expectCode('INVALID_ARGUMENT', () => resolveStoreOptions({ signal: signal as AbortSignal }));
  },
);

import { getEventListeners } from 'node:events';
import { SessionError } from '../src';
import { backoffMs, withRetries, type TimeLimit } from '../src/store';
import { deferred, expectCode } from './support';

const TIMEOUT_MS = 500;
const transient = new Error('try again');
const permanent = new Error('give up');
const isTransient = (error: unknown): boolean => error === transient;
const hanging = (): Promise<never> => new Promise(() => undefined);

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('withRetries', () => {
  test('returns what the first try returns', async () => {
    const attempt = jest.fn<Promise<string>, [TimeLimit]>(() => Promise.resolve('done'));
    expect(await withRetries({ timeoutMs: TIMEOUT_MS, isTransient }, attempt)).toBe('done');
    expect(attempt).toHaveBeenCalledTimes(1);
    expect(attempt.mock.calls[0]?.[0].signal.aborted).toBe(false);
  });

  test('tries again after a transient error', async () => {
    const attempt = jest.fn<Promise<string>, []>();
    attempt.mockRejectedValueOnce(transient).mockRejectedValueOnce(transient).mockResolvedValue('done');
    const result = withRetries({ timeoutMs: TIMEOUT_MS, isTransient }, attempt);
    await jest.runAllTimersAsync();
    expect(await result).toBe('done');
    expect(attempt).toHaveBeenCalledTimes(3);
  });

  test('passes any other error on, at once and unchanged', async () => {
    const attempt = jest.fn(() => Promise.reject(permanent));
    await expect(withRetries({ timeoutMs: TIMEOUT_MS, isTransient }, attempt)).rejects.toBe(permanent);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  test('takes what is thrown before there is a promise for a failed try, too', async () => {
    const attempt = jest.fn((): Promise<string> => {
      if (attempt.mock.calls.length === 1) throw transient;
      throw permanent;
    });
    const result = expect(withRetries({ timeoutMs: TIMEOUT_MS, isTransient }, attempt)).rejects.toBe(
      permanent,
    );
    await jest.runAllTimersAsync();
    await result;
    expect(attempt).toHaveBeenCalledTimes(2);
  });

  test('ends with the last error when the time is up, after a bounded number of tries', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.999);
    const errors: Error[] = [];
    const attempt = jest.fn(() =>
      Promise.reject(errors[errors.push(new Error('try again')) - 1] ?? permanent),
    );
    const start = performance.now();
    const ended = withRetries({ timeoutMs: TIMEOUT_MS, isTransient: () => true }, attempt).catch(
      (error: unknown) => ({
        error,
        after: performance.now() - start,
      }),
    );
    await jest.runAllTimersAsync();
    const { error, after } = await ended;
    expect(error).toBe(errors.at(-1));
    expect(after).toBeLessThan(TIMEOUT_MS);
    // 10 + 20 + 40 + 80 + 160 ms, and 320 more would be too late
    expect(attempt).toHaveBeenCalledTimes(6);
  });

  test('waits no longer than a second between tries, and in between at random', () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
    expect([0, 1, 2, 6, 7, 50, 2_000].map((tries) => Math.round(backoffMs(tries)))).toEqual([
      10, 20, 40, 640, 1_000, 1_000, 1_000,
    ]);
    random.mockReturnValue(0);
    expect([0, 1, 50].map(backoffMs)).toEqual([0, 0, 0]);
  });

  test('ends with TIMEOUT when a try hangs, and aborts it', async () => {
    let handedOut: AbortSignal | undefined;
    const result = expectCode('TIMEOUT', () =>
      withRetries({ timeoutMs: TIMEOUT_MS, isTransient }, ({ signal }) => {
        handedOut = signal;
        return hanging();
      }),
    );
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
    expect(handedOut?.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    const error = await result;
    expect(handedOut?.aborted).toBe(true);
    expect(handedOut?.reason).toBe(error);
  });

  test('ends with the last error of a try when a later one hangs', async () => {
    const attempt = jest.fn<Promise<string>, []>();
    attempt.mockRejectedValueOnce(transient).mockImplementation(hanging);
    const result = expect(withRetries({ timeoutMs: TIMEOUT_MS, isTransient }, attempt)).rejects.toBe(
      transient,
    );
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
    await result;
    expect(attempt).toHaveBeenCalledTimes(2);
  });

  test('does not pass on that nothing changed while a later try hangs', async () => {
    const contention = new SessionError('CONTENTION', 'other writers were faster');
    for (const [hangs, code] of [
      [true, 'TIMEOUT'],
      [false, 'CONTENTION'],
    ] as const) {
      let tries = 0;
      const result = expectCode(code, () =>
        withRetries({ timeoutMs: TIMEOUT_MS, isTransient: () => true }, () =>
          hangs && ++tries > 1 ? hanging() : Promise.reject(contention),
        ),
      );
      await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
      await result;
    }
  });

  test('says TIMEOUT, too, when the driver answers the abort with an error of its own', async () => {
    const result = expectCode('TIMEOUT', () =>
      withRetries(
        { timeoutMs: TIMEOUT_MS, isTransient },
        ({ signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(permanent));
          }),
      ),
    );
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
    await result;
  });

  test.each(['resolves', 'rejects'])('ignores a try that %s too late', async (how) => {
    const late = deferred<string>();
    const result = expectCode('TIMEOUT', () =>
      withRetries({ timeoutMs: TIMEOUT_MS, isTransient }, () =>
        late.promise.then((value) => {
          if (how === 'rejects') throw permanent;
          return value;
        }),
      ),
    );
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
    await result;
    late.resolve('late'); // an unhandled rejection would fail the run
    await jest.runAllTimersAsync();
  });
});

describe('what an error says of a change', () => {
  const messageOf = async (isReadOnly: boolean | undefined, end: 'timeout' | 'abort' | 'aborted') => {
    const controller = new AbortController();
    if (end === 'aborted') controller.abort();
    const options = { timeoutMs: TIMEOUT_MS, signal: controller.signal, isTransient, isReadOnly };
    const ended = withRetries(options, hanging).catch((error: unknown) => (error as Error).message);
    if (end === 'abort') controller.abort();
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
    return ended;
  };

  test('it may have been made, unless the call changes nothing', async () => {
    for (const end of ['timeout', 'abort'] as const) {
      expect(await messageOf(undefined, end)).toContain('a change may or may not have been made');
      expect(await messageOf(true, end)).toMatch(/^(no answer within 500 ms|aborted by the signal)$/);
    }
  });

  test('nothing was sent where there was no try', async () => {
    for (const isReadOnly of [true, false]) {
      expect(await messageOf(isReadOnly, 'aborted')).toBe('aborted by the signal; nothing was sent');
    }
  });
});

describe('an abort signal', () => {
  const reason = new Error('the user left');

  test('that has aborted: no try', async () => {
    const attempt = jest.fn(() => Promise.resolve());
    const signal = AbortSignal.abort(reason);
    const error = await expectCode('ABORTED', () =>
      withRetries({ timeoutMs: TIMEOUT_MS, signal, isTransient }, attempt),
    );
    expect(error.cause).toBe(reason);
    expect(attempt).not.toHaveBeenCalled();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('that aborts during a try ends it at once', async () => {
    const controller = new AbortController();
    let handedOut: AbortSignal | undefined;
    const result = expectCode('ABORTED', () =>
      withRetries({ timeoutMs: TIMEOUT_MS, signal: controller.signal, isTransient }, ({ signal }) => {
        handedOut = signal;
        return hanging();
      }),
    );
    await jest.advanceTimersByTimeAsync(1);
    controller.abort(reason);
    const error = await result;
    expect(error.cause).toBe(reason);
    expect(handedOut?.aborted).toBe(true);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('that aborts as a try fails: ABORTED, and no other try', async () => {
    const controller = new AbortController();
    const attempt = jest.fn((): Promise<void> => {
      controller.abort(reason);
      throw permanent;
    });
    await expectCode('ABORTED', () =>
      withRetries({ timeoutMs: TIMEOUT_MS, signal: controller.signal, isTransient }, attempt),
    );
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  test('that aborts between tries ends the wait at once', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.999);
    const controller = new AbortController();
    const attempt = jest.fn(() => Promise.reject(transient));
    const result = expectCode('ABORTED', () =>
      withRetries({ timeoutMs: TIMEOUT_MS, signal: controller.signal, isTransient }, attempt),
    );
    await jest.advanceTimersByTimeAsync(1);
    expect(attempt).toHaveBeenCalledTimes(1);
    controller.abort(reason);
    await result;
    expect(attempt).toHaveBeenCalledTimes(1);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a result', () => Promise.resolve()],
    ['an error', () => Promise.reject(permanent)],
    ['a time-out', hanging],
  ])('keeps no listener after %s', async (_what, attempt) => {
    const { signal } = new AbortController();
    const result = withRetries({ timeoutMs: TIMEOUT_MS, signal, isTransient }, attempt).catch(
      () => undefined,
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
    await result;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('that many calls share has one listener, until the last of them ends', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const gates = Array.from({ length: 50 }, () => deferred<string>());
    const options = { timeoutMs: TIMEOUT_MS, signal, isTransient };
    const calls = gates.map(({ promise }) => withRetries(options, () => promise));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const { resolve } of gates.slice(1)) resolve('done');
    await Promise.all(calls.slice(1));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    const late = withRetries(options, hanging);
    const aborted = [calls[0], late].map((call) => expect(call).rejects.toMatchObject({ code: 'ABORTED' }));
    controller.abort(reason);
    await Promise.all(aborted);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('is listened to again after nobody did', async () => {
    const controller = new AbortController();
    const options = { timeoutMs: TIMEOUT_MS, signal: controller.signal, isTransient };
    await withRetries(options, () => Promise.resolve());
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    const result = expectCode('ABORTED', () => withRetries(options, hanging));
    controller.abort(reason);
    await result;
  });

  test('keeps no listener of the tries on the signal that it hands out', async () => {
    const handedOut: AbortSignal[] = [];
    const result = withRetries({ timeoutMs: TIMEOUT_MS, isTransient }, ({ signal }) => {
      handedOut.push(signal);
      return handedOut.length < 4 ? Promise.reject(transient) : Promise.resolve();
    });
    await jest.runAllTimersAsync();
    await result;
    expect(new Set(handedOut).size).toBe(1);
    expect(getEventListeners(handedOut[0] as AbortSignal, 'abort')).toEqual([]);
  });
});

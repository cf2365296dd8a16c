import { getEventListeners } from 'node:events';
import { pause } from '../src/store';

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

test('a pause takes its time, and leaves no listener on the signal', async () => {
  const { signal } = new AbortController();
  const ended = jest.fn();
  const paused = pause(50, signal).then(ended);
  await jest.advanceTimersByTimeAsync(49);
  expect(ended).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1);
  await paused;
  expect(ended).toHaveBeenCalledTimes(1);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a signal that aborts ends all pauses on it at once, with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const paused = [pause(50, controller.signal), pause(70, controller.signal)];
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  controller.abort(reason);
  for (const each of paused) await expect(each).rejects.toBe(reason);
  await expect(pause(50, controller.signal)).rejects.toBe(reason);
});

test('a pause needs no signal', async () => {
  const paused = pause(50);
  await jest.advanceTimersByTimeAsync(50);
  await expect(paused).resolves.toBeUndefined();
});

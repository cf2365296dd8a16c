import { WriteQueue } from '../src/session/writeQueue';
import { deferred } from './support';

test('tasks run one after the other, in the order of the calls', async () => {
  const queue = new WriteQueue();
  const gates = [deferred(), deferred(), deferred()];
  const log: string[] = [];
  const results = gates.map((gate, index) =>
    queue.run(async () => {
      log.push(`${index} begins`);
      await gate.promise;
      log.push(`${index} ends`);
      return index;
    }),
  );
  for (const { resolve } of gates.toReversed()) resolve();
  expect(await Promise.all(results)).toEqual([0, 1, 2]);
  expect(log).toEqual(['0 begins', '0 ends', '1 begins', '1 ends', '2 begins', '2 ends']);
});

test('a task does not begin before the one before it has ended', async () => {
  const queue = new WriteQueue();
  const gate = deferred();
  let begun = false;
  const first = queue.run(() => gate.promise);
  const second = queue.run(() => {
    begun = true;
    return Promise.resolve();
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toBe(false);
  gate.resolve();
  await Promise.all([first, second]);
  expect(begun).toBe(true);
});

test('a task that fails fails its own call alone', async () => {
  const queue = new WriteQueue();
  const failure = new Error('failed');
  const results = await Promise.allSettled([
    queue.run(() => Promise.reject(failure)),
    queue.run(() => {
      throw failure;
    }),
    queue.run(() => Promise.resolve('done')),
  ]);
  expect(results).toEqual([
    { status: 'rejected', reason: failure },
    { status: 'rejected', reason: failure },
    { status: 'fulfilled', value: 'done' },
  ]);
});

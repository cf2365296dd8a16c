import { MemoryStore, SessionError, StoredSession } from '../src';
import {
  CallObserver,
  CallTally,
  resolveStoreOptions,
  withRetries,
  type EndedStoreCall,
  type ObserveCall,
} from '../src/store';
import { expectCode, message } from './support';

/* What all stores share: the kit's cases under `observing` are run on each. */

const PLACE = { system: 'test', collection: 'sessions' };

function watched(): { readonly ended: Promise<EndedStoreCall>[]; readonly observe: ObserveCall } {
  const ended: Promise<EndedStoreCall>[] = [];
  return { ended, observe: (_call, work) => ended.push(work()) };
}

test('a call that fails is told by its code alone, and fails as it would have', async () => {
  const { ended, observe } = watched();
  const observer = new CallObserver(observe, PLACE);
  const append = ['{"text":"a"}', '{"text":"ä"}'];
  const error = new SessionError('TIMEOUT', 'a message with a secret', { cause: new Error('secret') });
  const failing = async (tally?: CallTally): Promise<never> => {
    Object.assign(tally ?? {}, { retries: 2, writeUnits: 7 });
    return Promise.reject(error);
  };
  await expect(observer.commit('id', { idempotencyKey: 'key', append }, failing)).rejects.toBe(error);
  await expect(observer.read('id', failing)).rejects.toBe(error);
  expect(await Promise.all(ended)).toMatchObject([
    { verb: 'commit', tries: 3, records: 2, bytes: 25, writeUnits: 7, errorCode: 'TIMEOUT' },
    { verb: 'read', tries: 3, records: 0, bytes: 0, writeUnits: 7, errorCode: 'TIMEOUT' },
  ]);
  expect(JSON.stringify(await Promise.all(ended))).not.toContain('secret');
});

test('what a store throws that is no SessionError is told as its failure', async () => {
  const { ended, observe } = watched();
  const bug = new TypeError('secret');
  const cleared = new CallObserver(observe, PLACE).clear('id', async () => Promise.reject(bug));
  await expect(cleared).rejects.toBe(bug);
  expect(await ended[0]).toMatchObject({ verb: 'clear', errorCode: 'STORE_FAILURE' });
});

test('a commit of what is no record is rejected, and not thrown at once', async () => {
  const { observe } = watched();
  const store = new CallObserver(observe, PLACE);
  const work = async (): Promise<never> => Promise.reject(new TypeError('no record'));
  const change = { idempotencyKey: 'key', append: [7 as never] };
  await expect(store.commit('id', change, work)).rejects.toMatchObject({ name: 'TypeError' });
});

test('what a call still counts after its end does not change what was told', async () => {
  const { ended, observe } = watched();
  let late: CallTally | undefined;
  await new CallObserver(observe, PLACE).clear('id', async (tally) => {
    late = tally;
    return Promise.resolve();
  });
  const told = await ended[0];
  if (late) late.retries = 9;
  expect(told?.tries).toBe(1);
});

test('each try after the first is counted', async () => {
  const tally = new CallTally();
  let tries = 0;
  const attempt = async (): Promise<number> =>
    ++tries < 3 ? Promise.reject(new Error('again')) : Promise.resolve(tries);
  await withRetries({ timeoutMs: 10_000, isTransient: () => true, tally }, attempt);
  expect(tally.retries).toBe(2);
});

test('all that a session stores is observed: its history, its pending runs, the index of its owner', async () => {
  const { ended, observe } = watched();
  const store = new MemoryStore({ observe, ttlSeconds: 60 });
  const session = new StoredSession(store, { sessionId: 's', index: { owner: 'ada' } });
  await session.addItems([message('a')]);
  await session.pendingRuns();
  const ids = new Set((await Promise.all(ended)).map(({ storedId }) => storedId));
  expect(ids.size).toBe(3);
});

test.each([null, {}, 'observe', true])('observe must be a function: not %p', async (observe) => {
  await expectCode('INVALID_ARGUMENT', () => resolveStoreOptions({ observe: observe as never }));
  await expectCode('INVALID_ARGUMENT', () => new MemoryStore({ observe: observe as never }));
});

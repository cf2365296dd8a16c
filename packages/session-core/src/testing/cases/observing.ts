import { bytesOf } from '../../store/bytesOf';
import { isDescribing } from '../../store/describingStore';
import { isExpiring } from '../../store/expiringStore';
import type { EndedStoreCall, ObserveCall, StoreCall } from '../../store/observeCall';
import { NO_HISTORY, type SessionStore } from '../../store/sessionStore';
import { check, checkEqual, checkRecords, commit, texts, tryCommit } from '../check';
import type { Cases } from '../harness';

const WORD = 'conspicuous';
const RECORDS = [`{"text":"${WORD} ä💥"}`, new TextEncoder().encode(WORD), '{"text":"a"}'];
/** More turns of the event loop than a caller needs to see a result that is there. */
const TURNS = 10;

/** For stores with the option `observe`. */
export const observing: Cases = {
  'each call is told once, with what came of it': async ({ openStore, newId }) => {
    const { store, seen } = await openObserved(openStore);
    const id = newId();
    const operation = { id: 'o1', fingerprint: 'f1' };
    const all = { records: 3, bytes: bytesOf(RECORDS) };
    const one = { records: 1, bytes: bytesOf(texts('b', 1)) };
    const nothing = { records: 0, bytes: 0 };

    const first = await commit(store, id, { append: RECORDS, operation });
    await checkTold(seen, { verb: 'commit', ...all, status: 'committed' });
    await tryCommit(store, id, { append: RECORDS, operation });
    await checkTold(seen, { verb: 'commit', ...all, status: 'repeated' });
    await tryCommit(store, id, { append: texts('b', 1), operation: { ...operation, fingerprint: 'f2' } });
    await checkTold(seen, { verb: 'commit', ...one, status: 'operation-mismatch' });
    await tryCommit(store, id, { append: texts('b', 1), ifRevision: NO_HISTORY });
    await checkTold(seen, { verb: 'commit', ...one, status: 'conflict' });
    await store.read(id);
    await checkTold(seen, { verb: 'read', ...all });
    await store.read(id, { last: 1 });
    await checkTold(seen, { verb: 'read', records: 1, bytes: bytesOf(RECORDS.slice(2)) });
    const { records } = await store.read(id, { after: first });
    await checkTold(seen, { verb: 'read', records: records.length, bytes: bytesOf(records) });
    if (isDescribing(store)) {
      await store.describe(id);
      await checkTold(seen, { verb: 'describe', ...nothing });
    }
    await commit(store, id, { drop: 1 });
    await checkTold(seen, { verb: 'commit', ...nothing, status: 'committed' });
    await store.clear(id);
    await checkTold(seen, { verb: 'clear', ...nothing });

    const places = new Set(seen.ended.map(({ system, collection }) => JSON.stringify([system, collection])));
    checkEqual(places.size, 1, 'how many places the calls of one store are told of');
    const ids = new Set(seen.ended.map(({ storedId }) => storedId));
    checkEqual([...ids], [id], 'the stored ids that are told');
  },

  'nothing of a record or of an operation is told': async ({ openStore, newId }) => {
    const { store, seen } = await openObserved(openStore);
    const id = newId();
    await commit(store, id, { append: RECORDS, operation: { id: `o-${WORD}`, fingerprint: `f-${WORD}` } });
    await store.read(id);
    await commit(store, id, { drop: 'all', append: RECORDS });
    await store.clear(id);
    const told = JSON.stringify([seen.calls, seen.ended]);
    check(!told.includes(WORD), 'an observer is told of content');
  },

  'an observer that fails, or does nothing, is as none': async ({ openStore, newId }) => {
    for (const [what, observe] of Object.entries<ObserveCall>({
      'does nothing': () => undefined,
      'throws at once': () => {
        throw new Error('at once');
      },
      'throws once it has begun': (_call, work) => {
        void work();
        throw new Error('later');
      },
      rejects: async (_call, work) => {
        await work();
        throw new Error('in the end');
      },
    })) {
      const store = await openStore({ observe });
      const id = newId();
      await commit(store, id, { append: texts('a', 2) });
      await checkRecords(store, id, texts('a', 2), `with an observer that ${what}`);
      await store.clear(id);
      await checkRecords(store, id, [], `cleared, with an observer that ${what}`);
    }
  },

  'nobody waits for an observer': async ({ openStore, newId }) => {
    let ended: Promise<EndedStoreCall> | undefined;
    const store = await openStore({
      observe: async (_call, work) => {
        ended = work();
        await new Promise(() => undefined);
      },
    });
    const id = newId();
    const committed = commit(store, id, { append: texts('a', 1) }).then(() => true);
    check(ended !== undefined, 'the observer was not called by the time that the call returns');
    const isThere = await Promise.race([committed, ended.then(turns).then(() => false)]);
    check(isThere, 'the result of a call is there, and its caller waits for the observer');
  },

  'a call is made once, however often its work is asked for': async ({ openStore, newId }) => {
    const begun: Promise<EndedStoreCall>[] = [];
    let again: (() => Promise<EndedStoreCall>) | undefined;
    const store = await openStore({
      observe: (_call, work) => {
        again = work;
        begun.push(work(), work());
      },
    });
    const id = newId();
    await commit(store, id, { append: texts('a', 2) });
    check(again !== undefined, 'the observer was not called');
    begun.push(again());
    checkEqual((await begun[0])?.status, 'committed', 'the end of a call');
    checkEqual([begun.length, new Set(begun).size], [3, 1], 'how often its work was asked for, and begun');
    await checkRecords(store, id, texts('a', 2), 'after its work was asked for again');
  },

  'a store with another expiry is observed, too': async ({ openStore, newId }) => {
    const { store, seen } = await openObserved(openStore);
    if (!isExpiring(store)) return;
    await store.withExpiry({ ttlSeconds: 1_000 }).read(newId());
    await checkTold(seen, { verb: 'read', records: 0, bytes: 0 });
  },
};

interface Seen {
  readonly calls: StoreCall[];
  readonly ended: EndedStoreCall[];
  readonly pending: Promise<unknown>[];
  checked: number;
}

async function openObserved(
  openStore: (options: { readonly observe: ObserveCall }) => Promise<SessionStore>,
): Promise<{ readonly store: SessionStore; readonly seen: Seen }> {
  const seen: Seen = { calls: [], ended: [], pending: [], checked: 0 };
  const store = await openStore({
    observe: (call, work) => {
      seen.calls.push(call);
      seen.pending.push(work().then((ended) => seen.ended.push(ended)));
    },
  });
  return { store, seen };
}

/** That one more call was told of, and this of it. */
async function checkTold(
  seen: Seen,
  expected: Pick<EndedStoreCall, 'verb' | 'records' | 'bytes' | 'status'>,
): Promise<void> {
  await Promise.all(seen.pending.splice(0));
  seen.checked++;
  const what = `call ${seen.checked}, a ${expected.verb}`;
  checkEqual(seen.calls.length, seen.checked, `${what}: how many calls were told of`);
  const [ended] = seen.ended.slice(seen.checked - 1);
  check(ended !== undefined, `${what}: its end was not told`);
  const { verb, records, bytes, status, errorCode, tries, durationMs } = ended;
  checkEqual({ verb, records, bytes, status, errorCode }, expected, what);
  check(tries >= 1 && durationMs >= 0, `${what}: it took ${durationMs} ms and ${tries} tries`);
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

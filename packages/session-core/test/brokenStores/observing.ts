import type { EndedStoreCall, ExpiringStore, ObserveCall, SessionStore, StoreCall } from '../../src/store';
import { over, type BrokenStores, type Fault } from './brokenStore';

const TOLD = 'observing: each call is told once, with what came of it';
const NO_CONTENT = 'observing: nothing of a record or of an operation is told';
const FAILING = 'observing: an observer that fails, or does nothing, is as none';
const NOBODY_WAITS = 'observing: nobody waits for an observer';
const ONCE = 'observing: a call is made once, however often its work is asked for';
const OTHER_EXPIRY = 'observing: a store with another expiry is observed, too';

/** What a store may get wrong that is observed. */
export const observing: BrokenStores = {
  'tells of no reads': {
    fault: telling((observe) => (call, work) => (call.verb === 'read' ? work() : observe(call, work))),
    fails: [TOLD],
  },
  'tells of each call twice': {
    fault: telling((observe) => (call, work) => {
      observe(call, work);
      observe(call, work);
    }),
    fails: [TOLD],
  },
  'tells of one record more than it has read': {
    fault: ended(({ verb, records }) => ({ records: verb === 'read' ? records + 1 : records })),
    fails: [TOLD],
  },
  'tells of one byte less than there is': {
    fault: ended(({ bytes }) => ({ bytes: Math.max(0, bytes - 1) })),
    fails: [TOLD],
  },
  'tells a conflict as a commit': {
    fault: ended(({ status }) => ({ status: status === 'conflict' ? 'committed' : status })),
    fails: [TOLD],
  },
  'tells the change': {
    fault: ({ open }) => {
      let told: object = {};
      const observed = telling((observe) => (call, work) => observe({ ...call, ...told }, work));
      const openTold = observed({ now: Date.now, open });
      return (options) =>
        over(openTold(options), (store) => ({
          commit: async (sessionId, change) => {
            told = { change };
            return store.commit(sessionId, change);
          },
        }));
    },
    fails: [NO_CONTENT],
  },
  'leaves the call to its observer': {
    fault: ({ open }) => {
      return ({ observe, ...options }) => {
        const store = open(options);
        return over(store, () => ({
          commit: async (sessionId, change) => {
            if (observe === undefined) return store.commit(sessionId, change);
            return leftTo(observe, () => store.commit(sessionId, change));
          },
        }));
      };
    },
    fails: [FAILING, NOBODY_WAITS, ONCE],
  },
  'is not observed with another expiry': {
    fault: ({ open }) => {
      return (options): ExpiringStore => ({
        ...over(open(options), () => ({})),
        expiry: {},
        withExpiry: (expiry) => open(expiry),
      });
    },
    fails: [OTHER_EXPIRY],
  },
};

/** Changes how the stores of a database are observed. */
function telling(change: (observe: ObserveCall) => ObserveCall): Fault {
  return ({ open }) => {
    return ({ observe, ...options }): SessionStore =>
      open({ ...options, observe: observe && change(observe) });
  };
}

/** Changes what every call is told to have come to. */
function ended(change: (told: EndedStoreCall) => Partial<EndedStoreCall>): Fault {
  return telling(
    (observe) => (call, work) =>
      observe(call, async () => {
        const told = await work();
        return { ...told, ...change(told) };
      }),
  );
}

const CALL: StoreCall = { verb: 'commit', system: 'memory', collection: '', storedId: 'id' };

/** Makes the call whenever the observer asks for it, and waits until that is done. */
async function leftTo<T>(observe: ObserveCall, make: () => Promise<T>): Promise<T> {
  let result: Promise<T> | undefined;
  await observe(CALL, async () => {
    result = make();
    await result;
    return { ...CALL, durationMs: 0, tries: 1, records: 0, bytes: 0, status: 'committed' };
  });
  return result ?? make();
}

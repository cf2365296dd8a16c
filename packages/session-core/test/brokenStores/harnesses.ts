import { MemoryStore, SessionError } from '../../src';
import { NO_HISTORY, type CommitResult, type DescribingStore, type SessionStore } from '../../src/store';
import type { StoreHarness } from '../../src/testing';
import { altering, harnessOf, INTACT, over, UNREACHABLE, type BrokenStores, type Fault } from './brokenStore';
import { fileProcesses } from './fileProcesses';

/** Harnesses that would let any store pass, and faults that only the optional parts of a harness show. */
export const harnesses: BrokenStores = {
  'is one object for all who write': {
    fault: (database) => {
      const one = database.open();
      return () => one;
    },
    fails: ['harness: createStore makes a new store at each call'],
  },
  'nobody looks into': {
    harness: changing(() => ({ contains: () => Promise.resolve(false) })),
    fails: [
      'harness: contains finds what is stored, as text, as bytes, and in large records, under its own id only',
      'clearing: a clear leaves no content in the database',
      "dropping: what drop 'all' takes off is gone from the database once the next commit is in",
      'expiry: what expired is gone from the database after a clear',
      'fixtures: what version 1 stored is compacted and cleared',
    ],
  },

  'locks within its process only': {
    harness: changing(() => ({ processes: fileProcesses('one process') })),
    fails: [
      'processes: of writers in several processes every record is there once, in order, each commit contiguous',
      'processes: of poppers in several processes none gets what another got',
      'processes: of what several processes try at once one goes in: by idempotency key, by operation id, by revision',
    ],
  },

  'shows an empty history without a connection': unreachable({
    read: () => Promise.resolve({ records: [], revision: NO_HISTORY }),
  }),
  'acknowledges what it cannot write': unreachable({
    commit: (_sessionId, { idempotencyKey: id }): Promise<CommitResult> =>
      Promise.resolve({ status: 'committed', revision: id }),
  }),
  'clears without a connection': unreachable({ clear: () => Promise.resolve() }, ['store']),
  'describes nothing without a connection': unreachable({
    describe: () => new MemoryStore().describe('none'),
  }),
  "throws the driver's own errors": unreachable({ read: () => Promise.reject(new Error('closed')) }),
  'takes a closed connection for a failure of the server': unreachable({
    read: () => Promise.reject(new SessionError('STORE_FAILURE', 'closed')),
  }),
  'quotes what it could not write': unreachable({
    commit: (_sessionId, { append }) => {
      const cause = new Error(`not sent: ${append.join()}`);
      return Promise.reject(new SessionError('STORE_UNAVAILABLE', 'closed', { cause }));
    },
  }),

  'sees nothing of what an earlier version stored': {
    fault: ofEarlierVersions((intact, isEarlier) => ({
      read: async (sessionId, options) =>
        isEarlier(sessionId) ? { records: [], revision: NO_HISTORY } : intact.read(sessionId, options),
    })),
    fails: ['fixtures: what version 1 stored is read', 'fixtures: what version 1 stored is gone on with'],
  },
  'forgets the operations of an earlier version': {
    fault: ofEarlierVersions((intact, isEarlier) => ({
      commit: (sessionId, change) =>
        intact.commit(sessionId, isEarlier(sessionId) ? { ...change, operation: undefined } : change),
    })),
    fails: ['fixtures: what version 1 stored is gone on with'],
  },
  'begins anew where an earlier version stored': {
    fault: ofEarlierVersions((intact, isEarlier) => ({
      commit: async (sessionId, change) => {
        if (isEarlier(sessionId)) await intact.clear(sessionId);
        return intact.commit(sessionId, change);
      },
    })),
    fails: [
      'fixtures: what version 1 stored is gone on with',
      'fixtures: what version 1 stored is compacted and cleared',
    ],
  },
  'only hides what an earlier version stored when it is cleared': {
    fault: ofEarlierVersions((intact, isEarlier) => {
      const hidden = new Set<string>();
      return {
        read: async (sessionId, options) =>
          hidden.has(sessionId) ? { records: [], revision: NO_HISTORY } : intact.read(sessionId, options),
        clear: (sessionId) => {
          if (!isEarlier(sessionId)) return intact.clear(sessionId);
          hidden.add(sessionId);
          return Promise.resolve();
        },
      };
    }),
    fails: ['fixtures: what version 1 stored is compacted and cleared'],
  },
};

/** An intact harness, but for this. */
function changing(change: () => Partial<StoreHarness>): () => StoreHarness {
  return () => ({ ...harnessOf({ fault: INTACT }), ...change() });
}

function unreachable(
  methods: Partial<DescribingStore>,
  failing: readonly ('store' | 'session')[] = ['store', 'session'],
): BrokenStores[string] {
  return {
    harness: changing(() => ({
      unreachable: { 'a closed connection': () => over(UNREACHABLE, () => methods) },
    })),
    fails: failing.map(
      (what) =>
        `unreachable: a closed connection: every method of ${what === 'store' ? 'the' : 'a'} ${what} fails with STORE_UNAVAILABLE or TIMEOUT, without content`,
    ),
  };
}

/** What was never committed to by a store of today was stored by an earlier version. */
function ofEarlierVersions(
  alter: (intact: SessionStore, isEarlier: (sessionId: string) => boolean) => Partial<SessionStore>,
): Fault {
  return altering(() => {
    const begun = new Set<string>();
    return (intact) => {
      const altered = over(intact, (store) => alter(store, (sessionId) => !begun.has(sessionId)));
      return {
        ...altered,
        commit: async (sessionId, change) => {
          const result = await altered.commit(sessionId, change);
          if (result.status === 'committed') begun.add(sessionId);
          return result;
        },
      };
    };
  });
}

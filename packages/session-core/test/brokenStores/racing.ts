import { NO_HISTORY, NO_SUCH_REVISION, type HistoryChange } from '../../src/store';
import { altering, freshKey, gap, perSession, type BrokenStores, type Fault } from './brokenStore';

/** What goes wrong only when two calls meet. */
export const racing: BrokenStores = {
  'clears records, then the rest': {
    fault: altering(() => (intact) => ({
      clear: async (sessionId) => {
        await intact.commit(sessionId, { idempotencyKey: freshKey(), drop: 'all', append: [] });
        await gap();
        const { records } = await intact.read(sessionId);
        await intact.clear(sessionId);
        if (records.length > 0)
          await intact.commit(sessionId, { idempotencyKey: freshKey(), append: records });
      },
    })),
    fails: ['races: a transaction and a clear; repeated after both, the transaction is in once'],
  },
  'compares the revision, then compacts': {
    fault: comparingFirst(({ drop }) => drop === 'all'),
    fails: ['races: two compactions', 'races: a compaction and a pop', 'races: a compaction and a clear'],
  },
  'compares the revision, then drops': {
    fault: comparingFirst(({ drop }) => typeof drop === 'number'),
    fails: [
      'races: a pop and an append',
      'races: a pop and a clear',
      'races: the replacement of a suffix and an append',
      'pending runs: of many who take a run at once, one gets it',
      'pending runs: runs that are saved at once are all kept',
    ],
  },
  'takes a commit at another revision for made': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const result = await intact.commit(sessionId, change);
        return result.status === 'conflict' ? { status: 'committed', revision: freshKey() } : result;
      },
    })),
    fails: ['listing: of sessions that begin at once in several stores, each is listed'],
  },
  'compares the revision, then begins': {
    fault: comparingFirst(({ ifRevision }) => ifRevision === NO_HISTORY),
    fails: ['races: two first writes at NO_HISTORY: one goes in'],
  },
  'looks for a session, then begins one': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const { revision } = await intact.read(sessionId);
        if (revision !== NO_HISTORY || change.ifRevision !== undefined)
          return intact.commit(sessionId, change);
        await gap();
        return intact.commit(sessionId, { ...change, drop: 'all' });
      },
    })),
    fails: ['races: two first writes'],
  },
  'looks for the operation, then for the rest': {
    fault: altering(() => {
      const known = perSession(() => new Map<string, string>());
      return (intact) => ({
        commit: async (sessionId, change) => {
          const { operation, ...rest } = change;
          if (!operation) return intact.commit(sessionId, change);
          const fingerprint = known(sessionId).get(operation.id);
          if (fingerprint !== undefined && fingerprint !== operation.fingerprint) {
            return { status: 'operation-mismatch' };
          }
          await gap();
          const id = `${operation.id}-${operation.fingerprint}`;
          const result = await intact.commit(sessionId, { ...rest, operation: { ...operation, id } });
          if (result.status === 'committed') known(sessionId).set(operation.id, operation.fingerprint);
          return result;
        },
        clear: (sessionId) => {
          known(sessionId).clear();
          return intact.clear(sessionId);
        },
      });
    }),
    fails: ['races: two transactions under one operation id'],
  },
};

/** Compares the revision of some commits before it makes them, instead of as it makes them. */
function comparingFirst(concerns: (change: HistoryChange) => boolean): Fault {
  return altering(() => (intact) => ({
    commit: async (sessionId, change) => {
      const { ifRevision } = change;
      if (ifRevision === undefined || !concerns(change)) return intact.commit(sessionId, change);
      const { revision } = await intact.read(sessionId);
      await gap();
      return intact.commit(sessionId, {
        ...change,
        ifRevision: ifRevision === revision ? undefined : NO_SUCH_REVISION,
      });
    },
  }));
}

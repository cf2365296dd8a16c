import { NO_HISTORY } from '../../src/store';
import { altering, gap, onCommit, type BrokenStores } from './brokenStore';

const APART = 'forking: a fork holds the first items as they are stored, and the two go on apart';
const WHOLE = 'forking: while the source grows, every reader sees a fork whole or not at all';
const IN_USE = 'forking: an id that is in use is an error, and is left as it is';
const AGAIN = 'forking: a fork that is made again is made once, also when both have gone on';
const AT_ONCE = 'forking: of several forks into one id at once, one goes in whole';

/** What of a store shows where a session is forked: the commit that begins a session, as an operation, on no history. */
export const forking: BrokenStores = {
  'keeps only the newest of what begins a session': {
    fault: onCommit(({ append, ifRevision }) => ({
      append: ifRevision === NO_HISTORY ? append.slice(-1) : append,
    })),
    fails: [APART, WHOLE, AT_ONCE],
  },
  'begins a session bit by bit': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        if (change.ifRevision !== NO_HISTORY) return intact.commit(sessionId, change);
        const [first, ...rest] = change.append;
        const result = await intact.commit(sessionId, {
          ...change,
          append: first === undefined ? [] : [first],
        });
        if (result.status !== 'committed' || rest.length === 0) return result;
        // longer than a reader waits between two looks
        for (let times = 0; times < 3; times++) await new Promise((resolve) => setTimeout(resolve, 1));
        return intact.commit(sessionId, { idempotencyKey: `${change.idempotencyKey}-rest`, append: rest });
      },
    })),
    fails: [WHOLE],
  },
  'puts a session over one that is there': {
    fault: onCommit(({ ifRevision, drop }) =>
      ifRevision === NO_HISTORY ? { ifRevision: undefined, drop: 'all' } : { drop },
    ),
    fails: [IN_USE, AT_ONCE],
  },
  'takes a session without items for none': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const { records, revision } = await intact.read(sessionId);
        const isEmptied = records.length === 0 && change.ifRevision === NO_HISTORY;
        return intact.commit(sessionId, isEmptied ? { ...change, ifRevision: revision } : change);
      },
    })),
    fails: [IN_USE],
  },
  'forgets the operation that begins a session': {
    fault: onCommit(({ ifRevision, operation }) => ({
      operation: ifRevision === NO_HISTORY ? undefined : operation,
    })),
    fails: [AGAIN],
  },
  'looks for nothing, then begins a session': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        if (change.ifRevision !== NO_HISTORY) return intact.commit(sessionId, change);
        const { revision } = await intact.read(sessionId);
        if (revision !== NO_HISTORY) return intact.commit(sessionId, change);
        await gap();
        return intact.commit(sessionId, { ...change, ifRevision: undefined, operation: undefined });
      },
    })),
    fails: [AT_ONCE],
  },
};

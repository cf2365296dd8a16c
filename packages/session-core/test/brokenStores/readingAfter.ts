import { NO_HISTORY, type Revision, type StoredHistory, type StoredRecord } from '../../src/store';
import { altering, gap, over, perSession, type BrokenStores, type Fault } from './brokenStore';

/** What a store may get wrong where it tells only what came after a revision. */
export const readingAfter: BrokenStores = {
  'goes on from every revision that it ever had': {
    fault: goingOn({}),
    fails: [
      'reading after: after a drop, nothing that was taken off is left',
      'reading after: after a clear, nothing of before is left',
      'reading after: after an expiry, nothing of before is left',
      'caching: a session with a cache reads what is stored, whatever was written',
    ],
  },
  'takes what is no shorter for grown': {
    fault: goingOn({ hasGrown: ({ records }, length) => records.length >= length }),
    fails: [
      'reading after: after a drop, nothing that was taken off is left',
      'reading after: after a clear, nothing of before is left',
      'reading after: after an expiry, nothing of before is left',
      'caching: a session with a cache reads what is stored, whatever was written',
    ],
  },
  'goes on from before a clear': {
    fault: goingOn({ forgets: 'drops' }),
    fails: [
      'reading after: after a clear, nothing of before is left',
      'reading after: after an expiry, nothing of before is left',
    ],
  },
  'tells one too many': {
    fault: goingOn({ forgets: 'drops', start: (length) => length - 1 }),
    fails: [
      'reading after: what came after any earlier revision completes the history',
      'caching: a session with a cache reads what is stored, whatever was written',
    ],
  },
  'tells one too few': {
    fault: goingOn({ forgets: 'drops', start: (length) => length + 1 }),
    fails: [
      'reading after: what came after any earlier revision completes the history',
      'caching: a session with a cache writes to what is stored',
    ],
  },
  'goes by how much was ever appended': {
    fault: altering(() => {
      const appended = perSession(() => ({ count: 0, at: new Map<Revision, number>() }));
      return (intact) => ({
        commit: async (sessionId, change) => {
          const result = await intact.commit(sessionId, change);
          const counted = appended(sessionId);
          counted.count += change.append.length;
          if (result.status === 'committed') counted.at.set(result.revision, counted.count);
          return result;
        },
        read: async (sessionId, options = {}) => {
          const history = await intact.read(sessionId, options);
          if (history.after === undefined) return history;
          const { records } = await intact.read(sessionId);
          return { ...history, records: records.slice(appended(sessionId).at.get(history.after)) };
        },
      });
    }),
    fails: ['reading after: a revision from after a drop is as good as any'],
  },
  'takes every revision for its newest': {
    fault: altering(() => (intact) => ({
      read: async (sessionId, options = {}) => {
        const history = await intact.read(sessionId);
        const { after } = options;
        return after === undefined ? intact.read(sessionId, options) : { ...history, records: [], after };
      },
    })),
    fails: [
      'reading after: what came after any earlier revision completes the history',
      'reading after: a revision that this session never had gives the whole',
    ],
  },
  'tells what was sent, also twice': {
    fault: altering(() => {
      const sent = perSession<{ after: Revision; records: readonly StoredRecord[] }[]>(() => []);
      return (intact) => ({
        commit: async (sessionId, change) => {
          const { revision } = await intact.read(sessionId);
          sent(sessionId).push({ after: revision, records: change.append });
          return intact.commit(sessionId, change);
        },
        read: async (sessionId, options = {}) => {
          const history = await intact.read(sessionId, options);
          const { after } = history;
          const place = sent(sessionId).findIndex((each) => each.after === after);
          if (after === undefined || place === -1) return history;
          return {
            ...history,
            records: sent(sessionId)
              .slice(place)
              .flatMap(({ records }) => records),
          };
        },
      });
    }),
    fails: ['reading after: what was committed with an operation, or twice, completes the history'],
  },
  'tells what came after, then the revision': {
    fault: altering(() => (intact) => ({
      read: async (sessionId, options = {}) => {
        const history = await intact.read(sessionId, options);
        if (history.after === undefined) return history;
        await gap();
        return { ...history, revision: (await intact.read(sessionId)).revision };
      },
    })),
    fails: ['reading after: what came after completes the history also while others write'],
  },
  'tells what came after from a log that expires commit by commit': {
    fault: ({ open, now }) => {
      const times = perSession<number[]>(() => []);
      return (options) =>
        over(open(options), (intact) => ({
          commit: (sessionId, change) => {
            times(sessionId).push(...change.append.map(now));
            return intact.commit(sessionId, change);
          },
          read: async (sessionId, asked = {}) => {
            const history = await intact.read(sessionId, asked);
            if (history.after === undefined) return history;
            const written = times(sessionId).slice(-history.records.length);
            const ttlMs = (options.ttlSeconds ?? Infinity) * 1_000;
            const isThere = (_: StoredRecord, index: number): boolean =>
              (written[index] ?? 0) + ttlMs > now();
            return { ...history, records: history.records.filter(isThere) };
          },
        }));
    },
    fails: ['reading after: what came after completes the history however often it was extended'],
  },
  'does not extend a session whose end was read': {
    fault:
      ({ open }) =>
      (options) =>
        over(open(options), (intact) => ({
          read: (sessionId, asked = {}) =>
            (asked.after === undefined ? intact : open({ ...options, ttlRefresh: 'write' })).read(
              sessionId,
              asked,
            ),
        })),
    fails: ["ttlRefresh: with 'access', reads and writes extend the session"],
  },
  'calls the whole history what came after': {
    fault: altering(() => (intact) => ({
      read: async (sessionId, { after } = {}) => ({ ...(await intact.read(sessionId)), after }),
    })),
    fails: [
      'reading after: what came after any earlier revision completes the history',
      'reading after: a revision that this session never had gives the whole',
    ],
  },
};

interface GoingOn {
  /** What makes it forget all lengths. */
  readonly forgets?: 'drops';
  readonly hasGrown?: (history: StoredHistory, length: number) => boolean;
  /** Where what came after a history of this length begins. */
  readonly start?: (length: number) => number;
}

/** Goes by the length that the history had at each revision. */
function goingOn({ forgets, hasGrown = () => true, start = (length) => length }: GoingOn): Fault {
  return altering(() => {
    const lengths = perSession(() => new Map<Revision, number>());
    return (intact) => ({
      commit: async (sessionId, change) => {
        if (forgets === 'drops' && change.drop !== undefined && change.drop !== 0) lengths(sessionId).clear();
        return intact.commit(sessionId, change);
      },
      read: async (sessionId, { last, after } = {}) => {
        const whole = await intact.read(sessionId);
        const { records, revision } = whole;
        if (revision !== NO_HISTORY) lengths(sessionId).set(revision, records.length);
        const length = after === undefined ? undefined : lengths(sessionId).get(after);
        if (length === undefined || !hasGrown(whole, length)) return intact.read(sessionId, { last });
        return { records: records.slice(Math.max(0, start(length))), revision, after };
      },
    });
  });
}

import { NO_HISTORY } from '../../src/store';
import { altering, freshKey, gap, keyedBy, onRead, type BrokenStores } from './brokenStore';

export const reading: BrokenStores = {
  'gives no revision to a session never written': {
    fault: onRead(({ revision }) => ({ revision: revision === NO_HISTORY ? '' : revision })),
    fails: ['reading: a session never written is empty, at NO_HISTORY'],
  },
  'reads newest first': {
    fault: onRead(({ records }) => ({ records: records.toReversed() })),
    fails: [
      'reading: all records come back, oldest first',
      'session: items come back in order, in another session object too',
    ],
  },
  'reads the newest n newest first': {
    fault: onRead(({ records }, last) => ({ records: last === undefined ? records : records.toReversed() })),
    fails: ['reading: the newest n records come back, oldest first'],
  },
  'reads the oldest n': {
    fault: altering(() => (intact) => ({
      read: async (sessionId, { last } = {}) => {
        const { records, revision } = await intact.read(sessionId);
        return { records: records.slice(0, last), revision };
      },
    })),
    fails: [
      'reading: the newest n records come back, oldest first',
      'session: a limit gives the newest items, 0 and less none',
      'session: popItem takes the newest item',
    ],
  },
  'reads one too many': {
    fault: altering(() => (intact) => ({
      read: (sessionId, { last } = {}) => intact.read(sessionId, { last: last && last + 1 }),
    })),
    fails: ['reading: the newest n records come back, oldest first'],
  },
  'reads one too few': {
    fault: onRead(({ records }, last) => ({ records: records.length === last ? records.slice(1) : records })),
    fails: ['reading: the newest n records come back, oldest first'],
  },
  'ignores the limit': {
    fault: altering(() => (intact) => ({ read: (sessionId) => intact.read(sessionId) })),
    fails: ['reading: the newest n records come back, oldest first'],
  },
  'reads the last page of 100 only': {
    fault: onRead(({ records }) => ({ records: records.slice(-100) })),
    fails: ['reading: no record of a long history is missing', 'appending: 250 records go in as one commit'],
  },
  'loses the 57th record of a long history': {
    fault: onRead(({ records }) => ({
      records: records.length < 200 ? records : records.filter((_, index) => index !== 56),
    })),
    fails: ['reading: no record of a long history is missing'],
  },
  'sees only what it wrote itself': {
    fault: altering(() => (intact) => {
      const own = freshKey();
      return keyedBy((sessionId) => `${own}|${sessionId}`)(intact);
    }),
    fails: [
      'reading: another store over the same data reads the same',
      'operations: an operation is remembered after later commits',
      'session: items come back in order, in another session object too',
    ],
  },
  'shows half a commit': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const { append, ...rest } = change;
        const half = Math.ceil(append.length / 2);
        const first = await intact.commit(sessionId, {
          ...rest,
          idempotencyKey: freshKey(),
          append: append.slice(0, half),
        });
        if (first.status !== 'committed') return first;
        await gap();
        return intact.commit(sessionId, {
          idempotencyKey: change.idempotencyKey,
          append: append.slice(half),
        });
      },
    })),
    fails: ['reading: a read never sees part of a commit'],
  },
  'shows a drop before its append': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, { append, ...drop }) => {
        const first = await intact.commit(sessionId, { ...drop, idempotencyKey: freshKey(), append: [] });
        if (first.status !== 'committed') return first;
        await gap();
        return intact.commit(sessionId, { idempotencyKey: drop.idempotencyKey, append });
      },
    })),
    fails: ['reading: a read never sees a drop without its append'],
  },
  'reads the revision after the records': {
    fault: altering(() => (intact) => ({
      read: async (sessionId, options) => {
        const { records } = await intact.read(sessionId, options);
        await gap();
        const { revision } = await intact.read(sessionId);
        return { records, revision };
      },
    })),
    fails: [
      'reading: the records and the revision of a read are of one state',
      'concurrency: of concurrent poppers none gets what another got',
    ],
  },
  'reads what is not JSON as nothing': {
    fault: onRead(({ records }) => ({ records: records.filter((record) => isJsonObject(String(record))) })),
    fails: [
      'records: texts come back as they were',
      'session: a corrupt record is an error that changes nothing, or skipped on request',
      'rewriting: corrupt records stay where they are',
      'compaction: no compaction drops a corrupt record',
    ],
  },
  'makes a new revision with every read': {
    fault: onRead(({ revision }) => ({ revision: `${revision}/${freshKey()}` })),
    fails: [
      'reading: another store over the same data reads the same',
      'revisions: every commit makes a new revision, and a read tells it',
      'rewriting: no mutation and no matching call change nothing',
    ],
  },
};

function isJsonObject(text: string): boolean {
  try {
    return text.startsWith('{') && JSON.parse(text) !== null;
  } catch {
    return false;
  }
}

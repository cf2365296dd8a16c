import type { SessionStore, StoredRecord } from '../../src/store';
import {
  altering,
  freshKey,
  gap,
  onCommit,
  onRead,
  over,
  perSession,
  type BrokenStores,
} from './brokenStore';

export const writing: BrokenStores = {
  'orders by content': {
    fault: onRead(({ records }) => ({ records: records.toSorted() })),
    fails: ['appending: the order within and across commits is kept'],
  },
  'turns the records of a commit around': {
    fault: onCommit(({ append }) => ({ append: append.toReversed() })),
    fails: [
      'appending: the order within and across commits is kept',
      'concurrency: of concurrent writers every record is there once, in order, each commit contiguous',
    ],
  },
  'keeps equal records once': {
    fault: onRead(({ records }) => ({ records: [...new Set(records)] })),
    fails: ['appending: equal records are all kept'],
  },
  'loses the 26th record of a commit': {
    fault: onCommit(({ append }) => ({ append: append.filter((_, index) => index !== 25) })),
    fails: ['appending: 250 records go in as one commit', 'appending: 10,000 records go in as one commit'],
  },
  'takes 5,000 records a commit': {
    fault: onCommit(({ append }) => ({ append: append.slice(0, 5_000) })),
    fails: ['appending: 10,000 records go in as one commit'],
  },
  'takes 1 MB a commit': {
    fault: onCommit(({ append }) => {
      let size = 0;
      return { append: append.filter((record) => (size += record.length) < 1_000_000) };
    }),
    fails: ['appending: records of several MB together go in as one commit'],
  },
  "keeps the caller's bytes": {
    fault: keepingBytes({ copyIn: (bytes) => bytes, copyOut: (bytes) => bytes.slice() }),
    fails: ['appending: what is read shares nothing with what was written'],
  },
  'hands out its own bytes': {
    fault: keepingBytes({ copyIn: (bytes) => bytes.slice(), copyOut: (bytes) => bytes }),
    fails: ['appending: what is read shares nothing with what was written'],
  },
  'reads, changes, and writes back': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, { drop, append, ...rest }) => {
        const { records } = await intact.read(sessionId);
        await gap();
        return intact.commit(sessionId, {
          ...rest,
          drop: 'all',
          append: [...dropNewest(records, drop), ...append],
        });
      },
    })),
    fails: [
      'concurrency: of concurrent writers every record is there once, in order, each commit contiguous',
    ],
  },
  'writes record by record': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, { append, ...change }) => {
        for (const record of append.slice(0, -1)) {
          await intact.commit(sessionId, { idempotencyKey: freshKey(), append: [record] });
          await gap();
        }
        return intact.commit(sessionId, { ...change, append: append.slice(-1) });
      },
    })),
    fails: [
      'concurrency: of concurrent writers every record is there once, in order, each commit contiguous',
      'reading: a read never sees part of a commit',
    ],
  },

  'drops the oldest': {
    fault: onCommit(({ drop = 0, append }, { records }) =>
      drop === 'all' ? {} : { drop: 'all', append: [...records.slice(drop), ...append] },
    ),
    fails: [
      'dropping: the newest go and the new ones come in one commit',
      'session: popItem takes the newest item',
    ],
  },
  'appends before it drops': {
    fault: onCommit(({ drop, append }, { records }) => ({
      drop: 'all',
      append: dropNewest([...records, ...append], drop),
    })),
    fails: [
      'dropping: the newest go and the new ones come in one commit',
      'rewriting: mutations are applied in order',
      'compaction: replaceHistoryWithCompaction puts the items in the place of all',
    ],
  },
  'drops nothing': {
    fault: onCommit(() => ({ drop: 0 })),
    fails: [
      'dropping: the newest go and the new ones come in one commit',
      'reading: a read never sees a drop without its append',
      'concurrency: of concurrent poppers none gets what another got',
    ],
  },
  'drops within the last commit only': {
    fault: altering(() => {
      const sizesOf = perSession<number[]>(() => []);
      return (intact) => ({
        commit: (sessionId, change) => {
          const sizes = sizesOf(sessionId);
          const { drop = 0, append } = change;
          const dropped = drop === 'all' ? drop : Math.min(drop, sizes.at(-1) ?? 0);
          if (dropped !== 0) sizes.pop();
          sizes.push(append.length);
          return intact.commit(sessionId, { ...change, drop: dropped });
        },
      });
    }),
    fails: [
      'dropping: a drop reaches across commits',
      'rewriting: the first call with the id is replaced in place, the others go',
    ],
  },
  'drops 300 at most': {
    fault: onCommit(({ drop = 0 }) => ({ drop: drop === 'all' ? drop : Math.min(300, drop) })),
    fails: ['dropping: a drop reaches across hundreds of commits'],
  },
  'ignores a drop that follows a drop': {
    fault: altering(() => {
      const last = perSession<{ drop: number | 'all' }>(() => ({ drop: 0 }));
      return (intact) => ({
        commit: (sessionId, change) => {
          const { drop } = last(sessionId);
          last(sessionId).drop = change.drop ?? 0;
          return intact.commit(sessionId, drop === 0 ? change : { ...change, drop: 0 });
        },
      });
    }),
    fails: ['dropping: drops add up'],
  },
  'counts from the wrong end when a drop is larger than the history': {
    fault: onCommit(({ drop = 0, append }, { records }) =>
      drop === 'all' ? {} : { drop: 'all', append: [...records.slice(0, records.length - drop), ...append] },
    ),
    fails: ['dropping: a drop of more than there are drops all there are'],
  },
  'drops 50 for all': {
    fault: onCommit(({ drop = 0 }) => ({ drop: drop === 'all' ? 50 : drop })),
    fails: ["dropping: drop 'all' leaves what is appended"],
  },
  "drops what is appended, too, for drop 'all'": {
    fault: onCommit(({ drop = 0, append }) => ({ append: drop === 'all' ? [] : append })),
    fails: [
      "dropping: drop 'all' leaves what is appended",
      'compaction: replaceHistoryWithCompaction puts the items in the place of all',
    ],
  },
  'keeps an emptied session empty': {
    fault: altering(() => {
      const emptied = perSession(() => ({ ever: false }));
      return (intact) => ({
        commit: async (sessionId, change) => {
          const { ever } = emptied(sessionId);
          const result = await intact.commit(sessionId, ever ? { ...change, append: [] } : change);
          const { records } = await intact.read(sessionId);
          emptied(sessionId).ever = records.length === 0;
          return result;
        },
      });
    }),
    fails: ['dropping: a session emptied by drops can be written again'],
  },
  'drops 3 at most': {
    fault: onCommit(({ drop = 0 }) => ({ drop: drop === 'all' ? drop : Math.min(3, drop) })),
    fails: ['dropping: a long mix of drops and appends gives what a list would'],
  },

  'trims text': {
    fault: onText((text) => text.trim()),
    fails: ['records: texts come back as they were'],
  },
  'normalises text': {
    fault: onText((text) => text.normalize()),
    fails: ['records: texts come back as they were'],
  },
  'cuts text at NUL': {
    fault: onText((text) => text.split('\0')[0] ?? ''),
    fails: ['records: texts come back as they were'],
  },
  'takes U+FEFF for a byte order mark': {
    fault: onText((text) => new TextDecoder().decode(new TextEncoder().encode(text))),
    fails: ['records: texts keep U+FEFF at their start, and U+0000'],
  },
  'loses NUL within text': {
    fault: onText((text) => text.replace(/(?<=.)\0/gs, '')),
    fails: ['records: texts keep U+FEFF at their start, and U+0000'],
  },
  'loses empty text': {
    fault: onCommit(({ append }) => ({ append: append.filter((record) => record !== '') })),
    fails: ['records: texts come back as they were', 'records: bytes come back as bytes, text as text'],
  },
  'reads numbers in text': {
    fault: onText((text) => (text.trim() === '' || Number.isNaN(Number(text)) ? text : String(Number(text)))),
    fails: ['records: texts come back as they were'],
  },
  'reads bytes as text': {
    fault: onRead(({ records }) => ({ records: records.map((record) => Buffer.from(record).toString()) })),
    fails: [
      'records: bytes come back as bytes, text as text',
      'session: a record of an unknown format is an error of its own',
    ],
  },
  'reads text as bytes': {
    fault: onRead(({ records }) => ({
      records: records.map((record) =>
        typeof record === 'string' ? new TextEncoder().encode(record) : record,
      ),
    })),
    fails: ['records: bytes come back as bytes, text as text'],
  },
  'reads bytes that look like an item as text': {
    fault: onRead(({ records }) => ({
      records: records.map((record) => (record[0] === 0x7b ? Buffer.from(record).toString() : record)),
    })),
    fails: ['records: bytes come back as bytes, text as text'],
  },
  'cuts a record at 400 KB': {
    fault: onCommit(({ append }) => ({ append: append.map((record) => record.slice(0, 400 * 1_024)) })),
    fails: ['records: records of any size up to 5,000 KB come back as they were'],
  },
  'cuts bytes at 400 KB': {
    fault: onCommit(({ append }) => ({
      append: append.map((record) => (typeof record === 'string' ? record : record.slice(0, 400 * 1_024))),
    })),
    fails: ['records: records of any size up to 5,000 KB come back as they were'],
  },
};

function dropNewest(records: readonly StoredRecord[], drop: number | 'all' = 0): readonly StoredRecord[] {
  return drop === 'all' ? [] : records.slice(0, Math.max(0, records.length - drop));
}

function onText(alter: (text: string) => string) {
  return onCommit(({ append }) => ({
    append: append.map((record) => (typeof record === 'string' ? alter(record) : record)),
  }));
}

/** Keeps the arrays of bytes themselves; the intact store holds their numbers. */
function keepingBytes(copying: Record<'copyIn' | 'copyOut', (bytes: Uint8Array) => Uint8Array>) {
  return altering(() => {
    const kept: Uint8Array[] = [];
    return (intact: SessionStore) =>
      over(intact, () => ({
        commit: (sessionId, change) =>
          intact.commit(sessionId, {
            ...change,
            append: change.append.map((record) =>
              typeof record === 'string' ? record : `#${kept.push(copying.copyIn(record)) - 1}`,
            ),
          }),
        read: async (sessionId, options) => {
          const { records, revision } = await intact.read(sessionId, options);
          return {
            revision,
            records: records.map((record) => {
              const bytes = typeof record === 'string' && kept[Number(record.slice(1))];
              return bytes ? copying.copyOut(bytes) : record;
            }),
          };
        },
      }));
  });
}

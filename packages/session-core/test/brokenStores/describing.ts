import { NO_HISTORY, type SessionDescription, type SessionStore } from '../../src/store';
import { over, perSession, type BrokenStores, type Database, type Fault } from './brokenStore';

const ALWAYS = 'describing: the description is that of what is stored, whatever was written';
const NOTHING = 'describing: a session that holds nothing is described as nothing';
const GONE = 'describing: what is gone does not count';
const OF_SESSION = 'describing: a session tells its description';
const EXPIRY = 'describing: the description tells when the session expires, and of an expired one nothing';
const NO_EXTENSION = 'describing: a description does not extend the session';
const EXTENDED = 'describing: a read that extends the session is no change of it';

/** What a store may get wrong that describes sessions. */
export const describing: BrokenStores = {
  'counts what was ever appended': {
    fault: counting(({ append }, counted) => counted + append.length, 'items'),
    fails: [ALWAYS],
  },
  'counts commits in place of items': {
    fault: counting((_change, counted) => counted + 1, 'items'),
    fails: [ALWAYS],
  },
  'counts characters in place of bytes': {
    fault: telling(async ({ bytes }, _id, { read }) => ({
      bytes: Math.min(bytes ?? 0, await read().then(charactersOf)),
    })),
    fails: [ALWAYS],
  },
  'counts the bytes of what is gone': {
    fault: counting(({ append }, counted) => counted + charactersOf(append), 'bytes'),
    fails: [GONE],
  },
  'describes the revision of the first write': {
    fault: remembering('revision'),
    fails: [ALWAYS],
  },
  'takes the last write for the beginning': {
    fault: telling(({ updatedAt }, _id, { now }) => ({ createdAt: updatedAt && new Date(++ticks + now()) })),
    fails: [ALWAYS],
  },
  'takes the beginning for the last write': {
    fault: telling(({ createdAt, updatedAt }) => ({ createdAt: updatedAt, updatedAt: createdAt })),
    fails: [EXPIRY],
  },
  'takes a read for a write': {
    fault: telling(({ updatedAt }, _id, { now }) => ({ updatedAt: updatedAt && new Date(now()) })),
    fails: [EXTENDED],
  },
  'takes times of seconds for milliseconds': {
    fault: telling(({ expiresAt }) => ({ expiresAt: expiresAt && new Date(expiresAt.getTime() / 1_000) })),
    fails: [EXPIRY],
  },
  'tells no times': {
    fault: telling(() => ({ createdAt: undefined, updatedAt: undefined })),
    fails: [ALWAYS, EXPIRY],
  },
  'tells times of nothing': {
    fault: telling(({ createdAt }) => ({ createdAt: createdAt ?? new Date(0) })),
    fails: [NOTHING],
  },
  'describes what has expired': {
    fault: telling((told, _id, { previous }) => (told.revision === NO_HISTORY ? previous : undefined)),
    fails: [EXPIRY],
  },
  'keeps the beginning of what has expired': { fault: remembering('createdAt'), fails: [EXPIRY] },
  'describes by a read': {
    fault: ({ open }) => {
      return (options) => {
        const store = open(options);
        return over(store, () => ({
          describe: async (sessionId) => {
            await store.read(sessionId);
            return store.describe(sessionId);
          },
        }));
      };
    },
    fails: [NO_EXTENSION],
  },
  'describes what it first described': {
    fault: ({ open }) => {
      const first = new Map<string, SessionDescription>();
      return (options) => {
        const store = open(options);
        return over(store, () => ({
          describe: async (sessionId) => {
            const told = first.get(sessionId) ?? (await store.describe(sessionId));
            first.set(sessionId, told);
            return told;
          },
        }));
      };
    },
    fails: [ALWAYS, OF_SESSION, EXPIRY],
  },
};

let ticks = 0;

interface About {
  readonly now: () => number;
  readonly read: () => Promise<readonly (string | Uint8Array)[]>;
  /** The last description of the session that had a revision. */
  readonly previous: SessionDescription | undefined;
}

type Tell = (
  told: SessionDescription,
  sessionId: string,
  about: About,
) => Partial<SessionDescription> | undefined | Promise<Partial<SessionDescription>>;

/** Changes what every description tells. */
function telling(tell: Tell): Fault {
  return ({ open, now }: Database) => {
    const previous = new Map<string, SessionDescription>();
    return (options) => {
      const store = open(options);
      return over(store, () => ({
        describe: async (sessionId) => {
          const told = await store.describe(sessionId);
          const read = async () => (await store.read(sessionId)).records;
          const changed = await tell(told, sessionId, { now, read, previous: previous.get(sessionId) });
          if (told.revision !== NO_HISTORY) previous.set(sessionId, told);
          return { ...told, ...changed };
        },
      }));
    };
  };
}

/** Tells what was first told of this. */
function remembering(what: 'revision' | 'createdAt'): Fault {
  return ({ open }) => {
    const known = perSession<Partial<SessionDescription>>(() => ({}));
    return (options) => {
      const store = open(options);
      return over(store, () => ({
        describe: async (sessionId) => {
          const told = await store.describe(sessionId);
          if (told.revision === NO_HISTORY) return told;
          return { ...told, ...Object.assign(known(sessionId), { [what]: told[what], ...known(sessionId) }) };
        },
      }));
    };
  };
}

/** Counts over the life of a session in place of looking. */
function counting(
  count: (change: Parameters<SessionStore['commit']>[1], counted: number) => number,
  what: 'items' | 'bytes',
): Fault {
  return ({ open }) => {
    const counts = perSession(() => ({ counted: 0 }));
    return (options) => {
      const store = open(options);
      return over(store, () => ({
        commit: async (sessionId, change) => {
          const result = await store.commit(sessionId, change);
          if (result.status === 'committed') {
            counts(sessionId).counted = count(change, counts(sessionId).counted);
          }
          return result;
        },
        describe: async (sessionId) => {
          const told = await store.describe(sessionId);
          return told.revision === NO_HISTORY ? told : { ...told, [what]: counts(sessionId).counted };
        },
      }));
    };
  };
}

function charactersOf(records: readonly (string | Uint8Array)[]): number {
  return records.reduce((sum, { length }) => sum + length, 0);
}

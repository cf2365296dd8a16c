import { MemoryStore } from '../../src';
import { NO_HISTORY, type HistoryChange, type SessionStore, type TtlRefresh } from '../../src/store';
import {
  altering,
  freshKey,
  gap,
  keyedBy,
  over,
  perSession,
  type BrokenStores,
  type Fault,
} from './brokenStore';

/** Clearing, isolation, expiry: what must be out of reach. */
export const forgetting: BrokenStores = {
  'clears nothing': {
    fault: onClear(() => Promise.resolve()),
    fails: [
      'clearing: a cleared session is empty, at NO_HISTORY',
      'session: clearSession empties and keeps the id',
    ],
  },
  'clears by dropping all records': {
    fault: onClear(async (intact, sessionId) => {
      await intact.commit(sessionId, { idempotencyKey: freshKey(), drop: 'all', append: [] });
    }),
    fails: [
      'clearing: a cleared session is empty, at NO_HISTORY',
      'operations: a clear forgets operations',
      'transactions: clearSession forgets operation ids',
    ],
  },
  'leaves a mark where it cleared nothing': {
    fault: onClear(async (intact, sessionId) => {
      const { revision } = await intact.read(sessionId);
      if (revision !== NO_HISTORY) return intact.clear(sessionId);
      await intact.commit(sessionId, { idempotencyKey: freshKey(), drop: 'all', append: [] });
    }),
    fails: ['clearing: a clear of nothing does nothing'],
  },
  'clears once': {
    fault: altering(() => {
      const clears = perSession(() => ({ count: 0 }));
      return (intact) => ({
        clear: (sessionId) => (++clears(sessionId).count > 1 ? Promise.resolve() : intact.clear(sessionId)),
      });
    }),
    fails: ['clearing: a cleared session can be written and cleared again'],
  },
  'keeps operations over a clear': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const { operation } = change;
        if (!operation) return intact.commit(sessionId, change);
        const { status } = await intact.commit(`operations of ${sessionId}`, {
          idempotencyKey: `${change.idempotencyKey}-operation`,
          append: [],
          operation,
        });
        if (status === 'operation-mismatch') return { status };
        return intact.commit(sessionId, change);
      },
    })),
    fails: ['operations: a clear forgets operations', 'transactions: clearSession forgets operation ids'],
  },
  'keeps what it cleared, out of sight': {
    fault: altering(() => {
      const clears = perSession(() => ({ count: 0 }));
      return (intact) => ({
        ...keyedBy((sessionId) => `${clears(sessionId).count}|${sessionId}`)(intact),
        clear: (sessionId) => {
          clears(sessionId).count++;
          return Promise.resolve();
        },
      });
    }),
    fails: [
      'clearing: a clear leaves no content in the database',
      'pending runs: a state that is deleted is gone from the database',
      'listing: erasing leaves nothing of what is listed in the database',
    ],
  },
  'keeps what it dropped, out of sight': {
    fault: altering(() => {
      const drops = perSession(() => ({ count: 0 }));
      const storedId = (sessionId: string): string => `${drops(sessionId).count}|${sessionId}`;
      return (intact) => ({
        ...keyedBy(storedId)(intact),
        commit: async (sessionId, change) => {
          const { revision } = await intact.read(storedId(sessionId));
          const { ifRevision = revision } = change;
          if (change.drop !== 'all' || revision === NO_HISTORY || ifRevision !== revision) {
            return intact.commit(storedId(sessionId), change);
          }
          drops(sessionId).count++;
          return intact.commit(storedId(sessionId), { ...change, ifRevision: undefined });
        },
        clear: async (sessionId) => {
          for (; drops(sessionId).count > 0; drops(sessionId).count--)
            await intact.clear(storedId(sessionId));
          await intact.clear(storedId(sessionId));
        },
      });
    }),
    fails: [
      "dropping: what drop 'all' takes off is gone from the database once the next commit is in",
      'pending runs: a state that is deleted is gone from the database',
      'listing: a session that is cleared is not listed, and its title is gone from the database',
    ],
  },
  'clears record by record': {
    fault: onClear(async (intact, sessionId) => {
      const { records } = await intact.read(sessionId);
      for (let dropped = 0; dropped < records.length; dropped++) {
        await gap();
        await intact.commit(sessionId, { idempotencyKey: freshKey(), drop: 1, append: [] });
      }
    }),
    fails: ['clearing: commits during a clear are before it or after it'],
  },

  ...Object.fromEntries(
    Object.entries<(sessionId: string) => string>({
      case: (id) => id.toLowerCase(),
      'normal form': (id) => id.normalize('NFC'),
      'compatible characters': (id) => id.normalize('NFKC'),
      'space around': (id) => id.trim(),
      'what is not ASCII': (id) => id.replace(/[^\0-~]/g, '?'),
      'control characters': (id) => id.replace(/\p{Cc}/gu, ''),
      'what follows NUL': (id) => id.split('\0')[0] ?? '',
      braces: (id) => id.replace(/[{}]/g, ''),
      'percent-encoding': decoded,
      quotes: (id) => id.replace(/['"`]/g, ''),
      'path segments': (id) => id.replaceAll('../', ''),
    }).map(([what, storedId]) => [
      `ignores ${what} in ids`,
      { fault: altering(() => keyedBy(storedId)), fails: ['isolation: awkward ids are ids of their own'] },
    ]),
  ),
  'keeps ids with a tilde to itself': {
    fault: altering(() => (intact) => {
      const own = new MemoryStore();
      const storeOf = (id: string): SessionStore => (id.startsWith('~') ? own : intact);
      return {
        read: (id, options) => storeOf(id).read(id, options),
        commit: (id, change) => storeOf(id).commit(id, change),
        clear: (id) => storeOf(id).clear(id),
      };
    }),
    fails: [
      'pending runs: a saved run is listed and taken by others, as it was',
      'listing: sessions are listed newest first, by pages, with their titles, in any store',
    ],
  },
  'keeps ids up to a colon': {
    fault: altering(() => keyedBy((id) => id.split(':')[0] ?? '')),
    fails: [
      'isolation: awkward ids are ids of their own',
      'isolation: an id that is the start of another is an id of its own',
    ],
  },
  ...Object.fromEntries(
    Object.entries<(sessionId: string) => string>({
      'the first 255 characters': (id) => id.slice(0, 255),
      'the first 2,047 bytes': (id) => Buffer.from(id).subarray(0, 2_047).toString('hex'),
      'the last 255 characters': (id) => id.slice(-255),
      'both ends': (id) => `${id.slice(0, 100)}…${id.slice(-100)}`,
    }).map(([what, storedId]) => [
      `keeps ${what} of ids`,
      {
        fault: altering(() => keyedBy(storedId)),
        fails: ['isolation: ids of 2,048 bytes that differ in one character are ids of their own'],
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries<(sessionId: string, other: string) => boolean>({
      'by prefix': (id, other) => other.startsWith(id),
      'by a glob pattern': (id, other) => matches(id, other, { '*': '.*', '?': '.' }),
      'by an SQL pattern': (id, other) => matches(id, other, { '%': '.*', _: '.' }),
      'by a case-blind comparison': (id, other) => id.toLowerCase() === other.toLowerCase(),
    }).map(([how, isCleared]) => [
      `clears ${how}`,
      { fault: clearing(isCleared), fails: ['isolation: clearing and dropping leave other sessions alone'] },
    ]),
  ),

  'never expires': {
    fault: (database) => () => database.open(),
    fails: ['expiry: a session is whole until its time is up, and then gone'],
  },
  'lets all sessions expire as its own': {
    fault: (database) => (options) => {
      const store = database.open(options);
      return Object.assign(
        over(store, () => ({})),
        {
          expiry: store.expiry,
          withExpiry: () => database.open(options),
        },
      );
    },
    fails: [
      'expiry: withExpiry opens the same sessions, and lets them expire otherwise',
      'listing: a session is listed as long as it lives, though its entry is older',
    ],
  },
  'shows an expired session in a short read': {
    fault: expiring({ hides: (last) => last === undefined }),
    fails: [
      'expiry: a session is whole until its time is up, and then gone',
      'pending runs: a run whose session has expired is gone',
    ],
  },
  'expires at half its time': {
    fault: (database) => (options) =>
      database.open({ ...options, ttlSeconds: options.ttlSeconds && options.ttlSeconds / 2 }),
    fails: [
      'expiry: a session is whole until its time is up, and then gone',
      'expiry: every write extends the session',
    ],
  },
  'expires after its first write': {
    fault: expiring({ postpones: () => false }),
    fails: [
      'expiry: every write extends the session',
      'expiry: nothing vanishes from a session that lives for many times its time',
      'expiry: the last writer decides when the session expires',
    ],
  },
  'extends a session with a read': {
    fault: expiring({ readsPostpone: true }),
    fails: ['expiry: a session is whole until its time is up, and then gone'],
  },
  'extends a session with appends only': {
    fault: expiring({ postpones: ({ append }) => append.length > 0 }),
    fails: ['expiry: every write extends the session'],
  },
  'expires record by record': {
    fault: expiringRecords(),
    fails: [
      'expiry: every write extends the session',
      'expiry: nothing vanishes from a session that lives for many times its time',
    ],
  },
  'revives an expired session with a write': {
    fault: expiring({ revives: () => true }),
    fails: ['expiry: a write to an expired session starts it anew'],
  },
  'revives an expired session with a hint': {
    fault: expiring({ revives: ({ lastSeen }) => lastSeen !== undefined }),
    fails: ['expiry: a hint from before the expiry does no harm'],
  },
  'takes what expired for cleared': {
    fault: expiring({ clearsExpired: false }),
    fails: ['expiry: what expired is gone from the database after a clear'],
  },
  'extends a session with commits that change nothing': {
    fault: expiring({ changesNothing: 'postpones' }),
    fails: ['expiry: what changes nothing does not extend the session'],
  },

  "takes every ttlRefresh for 'write'": {
    fault: refreshing(() => 'write'),
    fails: [
      "ttlRefresh: with 'never', a session expires when its first write's time is up",
      "ttlRefresh: with 'access', reads and writes extend the session",
    ],
  },
  "takes 'write' for 'access'": {
    fault: refreshing((mode) => (mode === 'write' ? 'access' : mode)),
    fails: ["ttlRefresh: with 'write', a read does not extend the session"],
  },
  "begins anew with 'never' when it is emptied": {
    fault: (database) => (options) =>
      over(database.open(options), (intact) => ({
        commit: async (sessionId, change) => {
          const { records } = await intact.read(sessionId);
          if (records.length === 0) await intact.clear(sessionId);
          return intact.commit(sessionId, change);
        },
      })),
    fails: ["ttlRefresh: with 'never', a session emptied by drops keeps its time, a cleared one begins anew"],
  },
  "leaves a session without expiry so with 'never'": {
    fault: (database) => (options) =>
      over(database.open(options), (intact) => ({
        commit: async (sessionId, change) => {
          const { revision } = await intact.read(sessionId);
          const open = options.ttlRefresh === 'never' && revision !== NO_HISTORY;
          return (open ? database.open() : intact).commit(sessionId, change);
        },
      })),
    fails: ["ttlRefresh: with 'never', a session without expiry gets one"],
  },
  "extends a session with each read, with 'access'": {
    fault: touchingReads(() => true),
    fails: ["ttlRefresh: with 'access', a read soon after the session was extended does not extend it"],
  },
  "gives an expiry with a read, with 'access'": {
    fault: touchingReads((expires) => !expires),
    fails: [
      "ttlRefresh: with 'access', a read makes nothing of nothing, and leaves a session without expiry so",
    ],
  },
};

/** Opens stores with another `ttlRefresh` than they were asked for. */
function refreshing(mode: (asked: TtlRefresh) => TtlRefresh): Fault {
  return (database) => (options) =>
    database.open({ ...options, ttlRefresh: mode(options.ttlRefresh ?? 'write') });
}

/** Extends a session by commits in a read, with 'access'. */
function touchingReads(touches: (expires: boolean) => boolean): Fault {
  return (database) => {
    const expiring = new Set<string>();
    return (options) =>
      over(database.open(options), (intact) => ({
        read: async (sessionId, bounds) => {
          const history = await intact.read(sessionId, bounds);
          if (options.ttlRefresh === 'access' && touches(expiring.has(sessionId))) {
            await intact.commit(sessionId, { idempotencyKey: freshKey(), append: [] });
          }
          return history;
        },
        commit: (sessionId, change) => {
          if (options.ttlSeconds !== undefined) expiring.add(sessionId);
          return intact.commit(sessionId, change);
        },
      }));
  };
}

function onClear(clear: (intact: SessionStore, sessionId: string) => Promise<void>): Fault {
  return altering(() => (intact) => ({ clear: (sessionId) => clear(intact, sessionId) }));
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function matches(pattern: string, id: string, wildcards: Readonly<Record<string, string>>): boolean {
  const source = pattern.replace(/[^\w-]|_/g, (character) => wildcards[character] ?? `\\${character}`);
  return new RegExp(`^${source}$`, 's').test(id);
}

/** Clears every session for which `isCleared` is true. */
function clearing(isCleared: (sessionId: string, other: string) => boolean): Fault {
  return altering(() => {
    const ids = new Set<string>();
    return (intact) => ({
      commit: (sessionId, change) => {
        ids.add(sessionId);
        return intact.commit(sessionId, change);
      },
      clear: async (sessionId) => {
        for (const id of ids) if (isCleared(sessionId, id)) await intact.clear(id);
      },
    });
  });
}

interface ExpiryRules {
  readonly readsPostpone?: boolean;
  readonly hides?: (last: number | undefined) => boolean;
  readonly postpones?: (change: HistoryChange) => boolean;
  readonly revives?: (change: HistoryChange) => boolean;
  readonly changesNothing?: 'postpones';
  readonly clearsExpired?: boolean;
}

/** Keeps deadlines of its own over a store that never expires. Without rules: intact. */
export function expiring({
  readsPostpone = false,
  hides = () => true,
  postpones = () => true,
  revives = () => false,
  changesNothing,
  clearsExpired = true,
}: ExpiryRules): Fault {
  return ({ open, now }) => {
    const deadlines = new Map<string, number>();
    const isExpired = (sessionId: string): boolean => (deadlines.get(sessionId) ?? Infinity) <= now();
    return ({ ttlSeconds = Infinity }) =>
      over(open(), (intact) => ({
        read: async (sessionId, options) => {
          if (isExpired(sessionId) && hides(options?.last)) return { records: [], revision: NO_HISTORY };
          if (readsPostpone) deadlines.set(sessionId, now() + ttlSeconds * 1_000);
          return intact.read(sessionId, options);
        },
        commit: async (sessionId, change) => {
          if (isExpired(sessionId) && !revives(change)) {
            deadlines.delete(sessionId);
            await intact.clear(sessionId);
          }
          const { revision } = await intact.read(sessionId);
          const result = await intact.commit(sessionId, change);
          const hasChanged = result.status === 'committed' && result.revision !== revision;
          const counts = hasChanged || changesNothing === 'postpones';
          if (counts && (postpones(change) || !deadlines.has(sessionId))) {
            deadlines.set(sessionId, now() + ttlSeconds * 1_000);
          }
          return result;
        },
        clear: async (sessionId) => {
          if (clearsExpired || !isExpired(sessionId)) await intact.clear(sessionId);
        },
      }));
  };
}

/** Each record expires by itself, as rows do in a table with a TTL attribute. */
function expiringRecords(): Fault {
  return ({ open, now }) => {
    const deadlines = perSession<number[]>(() => []);
    return ({ ttlSeconds = Infinity }) =>
      over(open(), (intact) => ({
        read: async (sessionId, options) => {
          const { records, revision } = await intact.read(sessionId, options);
          const ends = deadlines(sessionId).slice(0, records.length);
          return { revision, records: records.filter((_, index) => (ends[index] ?? 0) > now()) };
        },
        commit: (sessionId, change) => {
          deadlines(sessionId).push(...change.append.map(() => now() + ttlSeconds * 1_000));
          return intact.commit(sessionId, change);
        },
      }));
  };
}

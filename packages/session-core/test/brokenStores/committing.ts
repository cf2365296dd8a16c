import { SessionError } from '../../src';
import {
  NO_HISTORY,
  NO_SUCH_REVISION,
  type Revision,
  type StoredHistory,
  type StoredRecord,
} from '../../src/store';
import { altering, freshKey, gap, onRead, perSession, type BrokenStores, type Fault } from './brokenStore';

export const committing: BrokenStores = {
  'doubles a retry': {
    fault: altering(() => (intact) => ({
      commit: (sessionId, change) => intact.commit(sessionId, { ...change, idempotencyKey: freshKey() }),
    })),
    fails: ['retrying: a commit tried again changes nothing', 'retrying: two tries at once land once'],
  },
  'doubles a retry after other commits': {
    fault: altering(() => {
      const lastOf = perSession(() => ({ id: '', storedId: '' }));
      return (intact) => ({
        commit: (sessionId, change) => {
          const last = lastOf(sessionId);
          if (change.idempotencyKey !== last.id)
            Object.assign(last, { id: change.idempotencyKey, storedId: freshKey() });
          return intact.commit(sessionId, { ...change, idempotencyKey: last.storedId });
        },
      });
    }),
    fails: ['retrying: a commit tried again after other commits changes nothing'],
  },
  'remembers its own commits only': {
    fault: altering(() => (intact) => {
      const own = new Map<string, string>();
      return {
        commit: (sessionId, change) => {
          const id = own.get(change.idempotencyKey) ?? freshKey();
          own.set(change.idempotencyKey, id);
          return intact.commit(sessionId, { ...change, idempotencyKey: id });
        },
      };
    }),
    fails: ['retrying: a commit tried again changes nothing', 'retrying: two tries at once land once'],
  },
  'tells a retry the latest revision': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const result = await intact.commit(sessionId, change);
        const { revision } = await intact.read(sessionId);
        return result.status === 'committed' ? { ...result, revision } : result;
      },
    })),
    fails: ['retrying: a commit tried again after other commits changes nothing'],
  },
  'compares the revision before it looks for the idempotency key': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const { revision } = await intact.read(sessionId);
        const { ifRevision = revision } = change;
        return ifRevision === revision ? intact.commit(sessionId, change) : { status: 'conflict' };
      },
    })),
    fails: [
      'retrying: a drop tried again drops once',
      'retrying: a commit with an operation tried again is committed, not repeated',
    ],
  },
  'looks for the operation before the idempotency key': {
    fault: altering(() => {
      const known = perSession(() => new Set<string>());
      return (intact) => ({
        commit: async (sessionId, change) => {
          const operationId = change.operation?.id;
          if (operationId !== undefined && known(sessionId).has(operationId)) {
            return intact.commit(sessionId, { ...change, idempotencyKey: freshKey() });
          }
          if (operationId !== undefined) known(sessionId).add(operationId);
          return intact.commit(sessionId, change);
        },
      });
    }),
    fails: ['retrying: a commit with an operation tried again is committed, not repeated'],
  },
  'remembers the id of a commit that it refused': {
    fault: altering(() => {
      const known = perSession(() => new Set<string>());
      return (intact) => ({
        commit: async (sessionId, change) => {
          const { revision } = await intact.read(sessionId);
          if (known(sessionId).has(change.idempotencyKey)) return { status: 'committed', revision };
          known(sessionId).add(change.idempotencyKey);
          return intact.commit(sessionId, change);
        },
      });
    }),
    fails: ['retrying: a commit that was refused is refused when it is tried again'],
  },
  'looks for the idempotency key, then writes': {
    fault: altering(() => {
      const known = perSession(() => new Set<string>());
      return (intact) => ({
        commit: async (sessionId, change) => {
          if (known(sessionId).has(change.idempotencyKey)) return intact.commit(sessionId, change);
          await gap();
          known(sessionId).add(change.idempotencyKey);
          return intact.commit(sessionId, { ...change, idempotencyKey: freshKey() });
        },
      });
    }),
    fails: ['retrying: two tries at once land once'],
  },
  'forgets idempotency keys with a clear': {
    fault: altering(() => {
      const clears = perSession(() => ({ count: 0 }));
      return (intact) => ({
        commit: (sessionId, change) =>
          intact.commit(sessionId, {
            ...change,
            idempotencyKey: `${change.idempotencyKey}-${clears(sessionId).count}`,
          }),
        clear: (sessionId) => {
          clears(sessionId).count++;
          return intact.clear(sessionId);
        },
      });
    }),
    fails: ['retrying: a commit tried again after a clear does not come back'],
  },

  'counts records for a revision': {
    fault: naming(
      () =>
        ({ records }) =>
          String(records.length),
    ),
    fails: [
      'revisions: every commit makes a new revision, and a read tells it',
      'revisions: another session at the same point has another revision',
    ],
  },
  'counts commits for a revision, from 1 again after a clear': {
    fault: naming(() => {
      const counters = perSession(() => ({ count: 0, named: NO_HISTORY }));
      return ({ revision }, sessionId) => {
        const counter = counters(sessionId);
        if (revision === NO_HISTORY) counter.count = 0;
        else if (revision !== counter.named) counter.count++;
        counter.named = revision;
        return String(counter.count);
      };
    }),
    fails: [
      'clearing: a commit that saw the history before the clear conflicts',
      'expiry: a write to an expired session starts it anew',
      'fencing: a writer that outlived a clear is refused',
    ],
  },
  'makes no revision for a drop': {
    fault: naming(() => {
      const names = perSession(() => ({ length: 0, named: NO_HISTORY }));
      return ({ records, revision }, sessionId) => {
        const name = names(sessionId);
        if (records.length >= name.length || revision === NO_HISTORY) name.named = revision;
        name.length = records.length;
        return name.named;
      };
    }),
    fails: ['revisions: every commit makes a new revision, and a read tells it'],
  },
  'tells another revision in a short read': {
    fault: onRead(({ revision }, last) => ({ revision: last === undefined ? revision : `${revision}-` })),
    fails: ['revisions: every commit makes a new revision, and a read tells it'],
  },
  'tells the revision before the commit': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const { revision } = await intact.read(sessionId);
        const result = await intact.commit(sessionId, change);
        return result.status === 'committed' ? { ...result, revision } : result;
      },
    })),
    fails: [
      'revisions: every commit makes a new revision, and a read tells it',
      'fencing: one object writes as often as it likes',
    ],
  },
  'is at NO_HISTORY when drops emptied it': {
    fault: naming(
      () =>
        ({ records, revision }) =>
          records.length === 0 ? NO_HISTORY : revision,
    ),
    fails: [
      'revisions: a session emptied by drops is not at NO_HISTORY',
      'revisions: every commit makes a new revision, and a read tells it',
    ],
  },
  'ignores ifRevision': {
    fault: altering(() => (intact) => ({
      commit: (sessionId, change) => intact.commit(sessionId, { ...change, ifRevision: undefined }),
    })),
    fails: [
      'revisions: a commit at another revision conflicts and changes nothing',
      'revisions: another session at the same point has another revision',
      'revisions: a session emptied by drops is not at NO_HISTORY',
      'revisions: of many commits at one revision exactly one goes in',
      'clearing: a commit that saw the history before the clear conflicts',
      'concurrency: of concurrent poppers none gets what another got',
      'rewriting: a rewrite and an append at the same time both happen',
      'transactions: a suffix that does not match fails, changes nothing and leaves the id free',
      'compaction: what others appended after the last full read is kept behind',
      'compaction: a history that changed otherwise after the last full read is left alone',
      'compaction: rewriteHistory swaps in one commit and keeps what came meanwhile',
      'compaction: rewriteHistory leaves alone what changed otherwise, or what the rewrite declined',
      'fencing: the slower of two writers is refused until it reads again',
      'fencing: a writer that outlived a clear is refused',
    ],
  },
  'ignores an ifRevision that it does not know': {
    fault: altering(() => (intact) => ({
      commit: (sessionId, change) =>
        intact.commit(sessionId, {
          ...change,
          ifRevision: change.ifRevision === NO_SUCH_REVISION ? undefined : change.ifRevision,
        }),
    })),
    fails: [
      'revisions: a commit at another revision conflicts and changes nothing',
      'transactions: a suffix that does not match fails, changes nothing and leaves the id free',
    ],
  },
  'takes no commit with ifRevision': {
    fault: altering(() => (intact) => ({
      commit: (sessionId, change) =>
        intact.commit(sessionId, change.ifRevision ? { ...change, ifRevision: NO_SUCH_REVISION } : change),
    })),
    fails: ['revisions: a commit at the current revision goes in'],
  },
  'drops before it compares the revision': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, { drop, ...change }) => {
        const { revision } = await intact.read(sessionId);
        if (drop !== undefined)
          await intact.commit(sessionId, { idempotencyKey: freshKey(), drop, append: [] });
        const { ifRevision = revision } = change;
        if (ifRevision !== revision) return { status: 'conflict' };
        return intact.commit(sessionId, { ...change, ifRevision: undefined });
      },
    })),
    fails: ['revisions: a commit at another revision conflicts and changes nothing'],
  },
  'compares the revision, then writes': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const { revision } = await intact.read(sessionId);
        const { ifRevision = revision } = change;
        await gap();
        return intact.commit(sessionId, {
          ...change,
          ifRevision: ifRevision === revision ? undefined : NO_SUCH_REVISION,
        });
      },
    })),
    fails: [
      'revisions: of many commits at one revision exactly one goes in',
      'concurrency: of concurrent poppers none gets what another got',
      'rewriting: a rewrite and an append at the same time both happen',
    ],
  },
  'throws from the tenth commit on': {
    fault: altering(() => {
      const commits = perSession(() => ({ count: 0 }));
      return (intact) => ({
        commit: async (sessionId, change) => {
          if (++commits(sessionId).count >= 10) throw new SessionError('STORE_FAILURE', 'the tenth commit');
          return intact.commit(sessionId, change);
        },
      });
    }),
    fails: [
      'reading: a read never sees part of a commit',
      'reading: a read never sees a drop without its append',
      'reading: the records and the revision of a read are of one state',
    ],
  },
  'appends where the hint says that the history ends': {
    fault: altering(() => {
      const states = new Map<Revision, readonly StoredRecord[]>([[NO_HISTORY, []]]);
      return (intact) => ({
        commit: async (sessionId, change) => {
          const known = change.lastSeen && states.get(change.lastSeen);
          const result = await intact.commit(
            sessionId,
            known && !change.drop ? { ...change, drop: 'all', append: [...known, ...change.append] } : change,
          );
          const { records, revision } = await intact.read(sessionId);
          states.set(revision, records);
          return result;
        },
      });
    }),
    fails: ['revisions: an outdated or meaningless hint does no harm'],
  },
  'loses a commit with an outdated hint': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const { revision } = await intact.read(sessionId);
        const { lastSeen = revision } = change;
        return lastSeen === revision ? intact.commit(sessionId, change) : { status: 'committed', revision };
      },
    })),
    fails: ['revisions: an outdated or meaningless hint does no harm'],
  },
};

/** Gives the states of a session other names than the intact store. */
function naming(create: () => (history: StoredHistory, sessionId: string) => Revision): Fault {
  return altering(() => {
    const name = create();
    return (intact) => ({
      read: async (sessionId, options) => {
        const revision = name(await intact.read(sessionId), sessionId);
        return { ...(await intact.read(sessionId, options)), revision };
      },
      commit: async (sessionId, { ifRevision, ...change }) => {
        const before = await intact.read(sessionId);
        const result = await intact.commit(sessionId, {
          ...change,
          ifRevision:
            ifRevision && (ifRevision === name(before, sessionId) ? before.revision : NO_SUCH_REVISION),
        });
        const after = name(await intact.read(sessionId), sessionId);
        return 'revision' in result ? { ...result, revision: after } : result;
      },
    });
  });
}

import type { HistoryOperation } from '../../src/store';
import { altering, freshKey, gap, onCommit, perSession, type BrokenStores, type Fault } from './brokenStore';

export const operating: BrokenStores = {
  'ignores operations': {
    fault: onCommit(() => ({ operation: undefined })),
    fails: [
      'replays: what others wrote meanwhile stays where it is',
      'replays: each step that is made again, after whatever crash, is recognised',
      'operations: an operation goes in once',
      'operations: an operation is remembered after later commits',
      'expiry: nothing vanishes from a session that lives for many times its time',
      'transactions: append_items is applied once per operation id',
      'transactions: replace_suffix is applied once per operation id',
      'transactions: a suffix is compared by structure: the order of keys does not matter, types do',
      'transactions: of one transaction tried by many at once exactly one is applied',
    ],
  },
  'forgets operations when all records are dropped': {
    fault: forgetting(({ drop }) => drop === 'all'),
    fails: [
      'replays: writes are recognised after compactions, their own and those of others',
      'operations: an operation is remembered after later commits',
      'compaction: operation ids outlive a compaction',
    ],
  },
  'forgets operations with the next commit': {
    fault: forgetting(() => true),
    fails: [
      'replays: what others wrote meanwhile stays where it is',
      'replays: each step that is made again, after whatever crash, is recognised',
      'operations: an operation is remembered after later commits',
      'transactions: append_items is applied once per operation id',
    ],
  },
  'remembers the last 50 operations': {
    fault: altering(() => {
      const known = perSession<string[]>(() => []);
      return (intact) => ({
        commit: (sessionId, change) => {
          const { operation } = change;
          if (!operation) return intact.commit(sessionId, change);
          const ids = known(sessionId);
          if (!ids.slice(-50).includes(operation.id)) ids.push(operation.id);
          const id = `${operation.id}-${ids.lastIndexOf(operation.id)}`;
          return intact.commit(sessionId, { ...change, operation: { ...operation, id } });
        },
      });
    }),
    fails: ['operations: 100 operations are all remembered'],
  },
  'ignores fingerprints': {
    fault: onOperation((operation) => ({ ...operation, fingerprint: 'same' })),
    fails: [
      'replays: another write in the place of one fails and changes nothing',
      'operations: another change under the same operation id fails and changes nothing',
      'transactions: another transaction under the same id fails and changes nothing',
    ],
  },
  'tells a mismatch, yet appends': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const result = await intact.commit(sessionId, change);
        if (result.status !== 'operation-mismatch') return result;
        await intact.commit(sessionId, { ...change, operation: undefined });
        return result;
      },
    })),
    fails: [
      'replays: another write in the place of one fails and changes nothing',
      'operations: another change under the same operation id fails and changes nothing',
      'transactions: another transaction under the same id fails and changes nothing',
    ],
  },
  'compares the revision before it looks for the operation': {
    fault: altering(() => {
      const landed = perSession(() => new Set<string>());
      return (intact) => ({
        commit: async (sessionId, change) => {
          const { revision } = await intact.read(sessionId);
          const { ifRevision = revision, idempotencyKey: id } = change;
          if (ifRevision !== revision && !landed(sessionId).has(id)) return { status: 'conflict' };
          landed(sessionId).add(id);
          return intact.commit(sessionId, change);
        },
      });
    }),
    fails: [
      'replays: a replayed write is no conflict, and a new one is held to what was read',
      'operations: a known operation is told before a conflict',
      'transactions: replace_suffix is applied once per operation id',
      'fencing: a repeated transaction is no conflict',
    ],
  },
  'remembers the operation of a commit that conflicted': {
    fault: altering(() => (intact) => ({
      commit: async (sessionId, change) => {
        const result = await intact.commit(sessionId, change);
        if (result.status === 'conflict') {
          await intact.commit(sessionId, {
            idempotencyKey: freshKey(),
            append: [],
            operation: change.operation,
          });
        }
        return result;
      },
    })),
    fails: [
      'operations: a known operation is told before a conflict',
      'transactions: a suffix that does not match fails, changes nothing and leaves the id free',
    ],
  },
  'remembers operations that appended something only': {
    fault: onCommit(({ append, operation }) => ({ operation: append.length > 0 ? operation : undefined })),
    fails: [
      'operations: an operation that changes no record is remembered too',
      'transactions: an empty suffix, an empty replacement and an empty append are transactions too',
    ],
  },
  'looks for the operation, then writes': {
    fault: altering(() => {
      const known = perSession(() => new Set<string>());
      return (intact) => ({
        commit: async (sessionId, change) => {
          const operationId = change.operation?.id ?? '';
          const isKnown = known(sessionId).has(operationId);
          await gap();
          known(sessionId).add(operationId);
          return intact.commit(sessionId, isKnown ? change : { ...change, operation: undefined });
        },
      });
    }),
    fails: [
      'replays: of several who make the same writes at once each is there once',
      'operations: of one operation tried by many at once exactly one goes in',
    ],
  },
  'knows an operation by its fingerprint': {
    fault: onOperation(({ fingerprint }) => ({ id: fingerprint, fingerprint })),
    fails: ['replays: two replay ids, and a session without one, have nothing in common'],
  },
  'keeps the operations of all sessions together': {
    fault: altering(() => {
      const owners = new Map<string, string>();
      return (intact) => ({
        commit: async (sessionId, change) => {
          const { operation } = change;
          const owner = operation && owners.get(operation.id);
          if (owner !== undefined && owner !== sessionId) return intact.commit(owner, change);
          if (operation) owners.set(operation.id, sessionId);
          return intact.commit(sessionId, change);
        },
      });
    }),
    fails: ['operations: an operation of one session is unknown to another'],
  },
};

function onOperation(alter: (operation: HistoryOperation) => HistoryOperation): Fault {
  return onCommit(({ operation }) => ({ operation: operation && alter(operation) }));
}

/** Forgets operations after each commit for which `forgets` is true. */
function forgetting(forgets: (change: { readonly drop?: number | 'all' | undefined }) => boolean): Fault {
  return altering(() => {
    const epochs = perSession(() => ({ count: 0 }));
    return (intact) => ({
      commit: async (sessionId, change) => {
        const epoch = epochs(sessionId);
        const { operation } = change;
        const result = await intact.commit(sessionId, {
          ...change,
          operation: operation && { ...operation, id: `${operation.id}-${epoch.count}` },
        });
        if (result.status === 'committed' && forgets(change)) epoch.count++;
        return result;
      },
    });
  });
}

import { randomUUID } from 'node:crypto';
import type { HistoryChange, SessionStore, StoredHistory } from '@agent-sessions/session-core/store';
import type { Wrap } from './memoryWorld';

/** Whoever sends a change over a network learns nothing of it now and then, and sends it again. */
function retrying(retried: (change: HistoryChange) => HistoryChange): Wrap {
  return (store, dice) => ({
    ...boundTo(store),
    commit: async (sessionId, change) => {
      const result = await store.commit(sessionId, change);
      const isAnswerLost = dice.happens(0.1);
      return isAnswerLost ? store.commit(sessionId, retried(change)) : result;
    },
  });
}

/** As it should be done: nothing to find. */
export const retriesWithItsKey: Wrap = retrying((change) => change);

/** Each makes one mistake, now and then. */
export const BROKEN: Readonly<Record<string, Wrap>> = {
  'retries with a fresh idempotency key': retrying((change) => ({ ...change, idempotencyKey: randomUUID() })),

  'acknowledges what it did not write': (store, dice) => ({
    ...boundTo(store),
    commit: async (sessionId, change) =>
      dice.happens(0.1) ? { status: 'committed', revision: randomUUID() } : store.commit(sessionId, change),
  }),

  'writes a batch item by item': (store) => ({
    ...boundTo(store),
    commit: async (sessionId, { append: [first, ...rest], ...change }) => {
      const result = await store.commit(sessionId, { ...change, append: first === undefined ? [] : [first] });
      for (const record of result.status === 'committed' ? rest : []) {
        await store.commit(sessionId, { idempotencyKey: randomUUID(), append: [record] });
      }
      return result;
    },
  }),

  'writes a batch backwards': (store, dice) => ({
    ...boundTo(store),
    commit: (sessionId, change) => {
      const append = dice.happens(0.2) ? [...change.append].reverse() : change.append;
      return store.commit(sessionId, { ...change, append });
    },
  }),

  'does not mind what it is to compare with': (store) => ({
    ...boundTo(store),
    commit: (sessionId, change) => store.commit(sessionId, { ...change, ifRevision: undefined }),
  }),

  'forgets operations': (store) => ({
    ...boundTo(store),
    commit: (sessionId, change) => store.commit(sessionId, { ...change, operation: undefined }),
  }),

  'reads what was': (store, dice) => {
    const known = new Map<string, StoredHistory>();
    return {
      ...boundTo(store),
      read: async (sessionId, options) => {
        const old = known.get(sessionId);
        if (options?.last === undefined && old && dice.happens(0.3)) return old;
        const history = await store.read(sessionId, options);
        if (options?.last === undefined) known.set(sessionId, history);
        return history;
      },
    };
  },

  'reads in two steps': (store) => ({
    ...boundTo(store),
    read: async (sessionId, options) => {
      const before = await store.read(sessionId, options);
      const after = await store.read(sessionId, options);
      const half = before.records.length >> 1;
      return { ...after, records: [...before.records.slice(0, half), ...after.records.slice(half)] };
    },
  }),

  'clears in part': (store) => ({
    ...boundTo(store),
    clear: async (sessionId) => {
      const { records } = await store.read(sessionId);
      await store.clear(sessionId);
      await store.commit(sessionId, { idempotencyKey: randomUUID(), append: records.slice(0, 1) });
    },
  }),

  'brings back what was cleared': (store) => {
    const cleared = new Map<string, StoredHistory>();
    return {
      ...boundTo(store),
      clear: async (sessionId) => {
        cleared.set(sessionId, await store.read(sessionId));
        await store.clear(sessionId);
      },
      commit: (sessionId, change) => {
        const { records = [] } = cleared.get(sessionId) ?? {};
        cleared.delete(sessionId);
        return store.commit(sessionId, { ...change, append: [...records, ...change.append] });
      },
    };
  },

  'drops one too many': (store, dice) => ({
    ...boundTo(store),
    commit: (sessionId, change) => {
      const drop = change.drop === 1 && dice.happens(0.3) ? 2 : change.drop;
      return store.commit(sessionId, { ...change, drop });
    },
  }),
};

function boundTo(store: SessionStore): SessionStore {
  return {
    read: (...args) => store.read(...args),
    commit: (...args) => store.commit(...args),
    clear: (...args) => store.clear(...args),
  };
}

import { NO_HISTORY, type SessionStore } from '../../store/sessionStore';
import { checkEqual, checkRecords, commit, texts, tryCommit } from '../check';
import type { Cases } from '../harness';

const TTL_SECONDS = 1_000;
const TTL_MS = TTL_SECONDS * 1_000;

const WRITE = { ttlSeconds: TTL_SECONDS, ttlRefresh: 'write' } as const;
const ACCESS = { ttlSeconds: TTL_SECONDS, ttlRefresh: 'access' } as const;
const NEVER = { ttlSeconds: TTL_SECONDS, ttlRefresh: 'never' } as const;

export const ttlRefresh: Cases = {
  "with 'write', a read does not extend the session": async ({ openStore, elapse, newId }) => {
    const store = await openStore(WRITE);
    const id = newId();
    await commit(store, id, { append: texts('a', 1) });
    await elapse(id, TTL_MS * 0.6);
    await checkRecords(store, id, texts('a', 1), 'before its time is up');
    await elapse(id, TTL_MS * 0.6);
    await checkGone(store, id);
  },

  "with 'never', a session expires when its first write's time is up": async ({
    openStore,
    elapse,
    newId,
  }) => {
    const store = await openStore(NEVER);
    const id = newId();
    for (const round of ['a', 'b']) {
      const all = [...texts(round, 1), ...texts(`more ${round}`, 2)];
      await commit(store, id, { append: texts(round, 1) });
      await elapse(id, TTL_MS * 0.5);
      await commit(store, id, { append: texts(`more ${round}`, 2) });
      await elapse(id, TTL_MS * 0.4);
      await checkRecords(store, id, all, 'shortly before');
      await elapse(id, TTL_MS * 0.2);
      await checkGone(store, id);
    }
  },

  "with 'never', a session emptied by drops keeps its time, a cleared one begins anew": async ({
    openStore,
    elapse,
    newId,
  }) => {
    const store = await openStore(NEVER);
    const [emptied, cleared] = [newId('emptied'), newId('cleared')];
    await commit(store, emptied, { append: texts('a', 2) });
    await elapse(emptied, TTL_MS * 0.3);
    await commit(store, emptied, { drop: 2 });
    await elapse(emptied, TTL_MS * 0.3);
    await commit(store, emptied, { append: texts('b', 1) });
    await elapse(emptied, TTL_MS * 0.3);
    await checkRecords(store, emptied, texts('b', 1), 'of the emptied session, shortly before');
    await elapse(emptied, TTL_MS * 0.2);
    await checkGone(store, emptied);

    await commit(store, cleared, { append: texts('a', 2) });
    await elapse(cleared, TTL_MS * 0.6);
    await store.clear(cleared);
    await commit(store, cleared, { append: texts('b', 1) });
    await elapse(cleared, TTL_MS * 0.9);
    await checkRecords(store, cleared, texts('b', 1), 'of the cleared session');
    await elapse(cleared, TTL_MS * 0.2);
    await checkGone(store, cleared);
  },

  "with 'never', a session without expiry gets one": async ({ store, openStore, elapse, newId }) => {
    const limited = await openStore(NEVER);
    const id = newId();
    await commit(store, id, { append: texts('a', 1) });
    await elapse(id, TTL_MS * 5);
    await commit(limited, id, { append: texts('b', 1) });
    await elapse(id, TTL_MS * 0.9);
    await checkRecords(limited, id, [...texts('a', 1), ...texts('b', 1)], 'shortly before');
    await elapse(id, TTL_MS * 0.2);
    await checkGone(limited, id);
  },

  "with 'access', reads and writes extend the session": async ({ openStore, elapse, newId }) => {
    const store = await openStore(ACCESS);
    const id = newId();
    const operation = { id: 'first', fingerprint: 'f' };
    await commit(store, id, { append: texts('a', 3), operation });
    const before = await commit(store, id, { append: texts('b', 1) });
    for (let round = 0; round < 12; round++) {
      await elapse(id, TTL_MS * 0.8);
      const options = [{ last: 1 }, {}, { after: before }][round % 3];
      const { revision } = await store.read(id, options);
      checkEqual(revision, before, 'the revision after a read');
    }
    await checkRecords(store, id, [...texts('a', 3), ...texts('b', 1)]);
    checkEqual((await tryCommit(store, id, { operation })).status, 'repeated', 'the operation, repeated');
    await commit(store, id, { append: texts('c', 1), ifRevision: before });
    await elapse(id, TTL_MS * 0.8);
    await checkRecords(
      store,
      id,
      [...texts('a', 3), ...texts('b', 1), ...texts('c', 1)],
      'after another write',
    );
    await elapse(id, TTL_MS * 1.1);
    await checkGone(store, id);
  },

  "with 'access', a read soon after the session was extended does not extend it": async ({
    openStore,
    elapse,
    newId,
  }) => {
    const store = await openStore(ACCESS);
    const id = newId();
    await commit(store, id, { append: texts('a', 1) });
    await elapse(id, TTL_MS * 0.05);
    await checkRecords(store, id, texts('a', 1), 'soon after');
    await elapse(id, TTL_MS * 0.97);
    await checkGone(store, id);
  },

  "with 'access', a read makes nothing of nothing, and leaves a session without expiry so": async ({
    store,
    openStore,
    elapse,
    newId,
  }) => {
    const limited = await openStore(ACCESS);
    const [kept, none, cleared] = [newId('kept'), newId('none'), newId('cleared')];
    await commit(store, kept, { append: texts('a', 1) });
    await checkRecords(limited, kept, texts('a', 1), 'read with expiry');
    await elapse(kept, TTL_MS * 100);
    await checkRecords(store, kept, texts('a', 1), 'after a long time');

    await checkGone(limited, none);
    await commit(limited, cleared, { append: texts('a', 1) });
    await elapse(cleared, TTL_MS * 0.5);
    await limited.clear(cleared);
    await checkGone(limited, cleared);
    await checkGone(limited, cleared);
  },
};

async function checkGone(store: SessionStore, id: string): Promise<void> {
  checkEqual(await store.read(id), { records: [], revision: NO_HISTORY }, 'a read of nothing');
}

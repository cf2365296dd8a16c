import { isExpiring } from '../../store/expiringStore';
import { NO_HISTORY } from '../../store/sessionStore';
import { check, checkEqual, checkRecords, commit, texts, tryCommit } from '../check';
import type { Cases } from '../harness';

const TTL_SECONDS = 1_000;
const TTL_MS = TTL_SECONDS * 1_000;

export const expiry: Cases = {
  'a session is whole until its time is up, and then gone': async ({ openStore, elapse, newId }) => {
    const store = await openStore({ ttlSeconds: TTL_SECONDS });
    const id = newId();
    await commit(store, id, { append: texts('a', 2) });
    await commit(store, id, { append: texts('b', 1) });
    await elapse(id, TTL_MS * 0.9);
    await checkRecords(store, id, [...texts('a', 2), ...texts('b', 1)], 'shortly before');
    await elapse(id, TTL_MS * 0.2);
    checkEqual(await store.read(id), { records: [], revision: NO_HISTORY }, 'a read after');
    checkEqual(
      await store.read(id, { last: 1 }),
      { records: [], revision: NO_HISTORY },
      'a short read after',
    );
  },

  'every write extends the session': async ({ openStore, elapse, newId }) => {
    const store = await openStore({ ttlSeconds: TTL_SECONDS });
    const id = newId();
    await commit(store, id, { append: texts('a', 1) });
    await elapse(id, TTL_MS * 0.6);
    await commit(store, id, { append: texts('b', 1) });
    await elapse(id, TTL_MS * 0.6);
    await checkRecords(store, id, [...texts('a', 1), ...texts('b', 1)], 'after 1.2 times its time');
    await commit(store, id, { drop: 1 });
    await elapse(id, TTL_MS * 0.6);
    await checkRecords(store, id, texts('a', 1), 'after a drop');
  },

  'withExpiry opens the same sessions, and lets them expire otherwise': async ({
    openStore,
    elapse,
    newId,
  }) => {
    const store = await openStore({ ttlSeconds: TTL_SECONDS });
    if (!isExpiring(store)) return;
    checkEqual(store.expiry.ttlSeconds, TTL_SECONDS, 'the time that a store tells');
    const id = newId();
    await commit(store, id, { append: texts('a', 1) });
    await commit(store.withExpiry({ ttlSeconds: 2 * TTL_SECONDS }), id, { append: texts('b', 1) });
    await elapse(id, TTL_MS * 1.5);
    const whole = [...texts('a', 1), ...texts('b', 1)];
    await checkRecords(store, id, whole, 'written by a store whose sessions live longer');
    await elapse(id, TTL_MS);
    await checkRecords(store, id, [], 'when that time is up');
    await commit(store.withExpiry({}), id, { append: texts('c', 1) });
    await elapse(id, TTL_MS * 10);
    await checkRecords(store, id, texts('c', 1), 'written by a store whose sessions never expire');
  },

  'what changes nothing does not extend the session': async ({ openStore, elapse, newId }) => {
    const store = await openStore({ ttlSeconds: TTL_SECONDS });
    const id = newId();
    const operation = { id: 'operation', fingerprint: 'f' };
    const change = { idempotencyKey: 'once', append: texts('a', 1), operation };
    await store.commit(id, change);
    await elapse(id, TTL_MS * 0.6);
    const statuses = [
      await store.commit(id, change),
      await tryCommit(store, id, { append: texts('b', 1), operation }),
      await tryCommit(store, id, {
        append: texts('b', 1),
        operation: { ...operation, fingerprint: 'other' },
      }),
      await tryCommit(store, id, { append: texts('b', 1), ifRevision: NO_HISTORY }),
    ].map(({ status }) => status);
    checkEqual(statuses, ['committed', 'repeated', 'operation-mismatch', 'conflict'], 'the commits');
    await elapse(id, TTL_MS * 0.6);
    await checkRecords(store, id, []);
  },

  'nothing vanishes from a session that lives for many times its time': async ({
    openStore,
    elapse,
    newId,
  }) => {
    const store = await openStore({ ttlSeconds: TTL_SECONDS });
    const id = newId();
    const operation = { id: 'first', fingerprint: 'f' };
    await commit(store, id, { append: texts('a1-', 1), operation });
    for (let round = 2; round <= 30; round++) {
      await elapse(id, TTL_MS * 0.9);
      await commit(store, id, { append: texts(`a${round}-`, 1) });
    }
    const expected = Array.from({ length: 30 }, (_, index) => texts(`a${index + 1}-`, 1)).flat();
    await checkRecords(store, id, expected);
    checkEqual(
      (await tryCommit(store, id, { operation })).status,
      'repeated',
      'the first operation, repeated',
    );
  },

  'a write to an expired session starts it anew': async ({ openStore, elapse, newId }) => {
    const store = await openStore({ ttlSeconds: TTL_SECONDS });
    const id = newId();
    const operation = { id: 'operation', fingerprint: 'f1' };
    const revision = await commit(store, id, { append: texts('a', 3), operation });
    await elapse(id, TTL_MS * 1.1);
    checkEqual(
      await tryCommit(store, id, { append: texts('b', 1), ifRevision: revision }),
      { status: 'conflict' },
      'a commit at the revision before the expiry',
    );
    const again = {
      append: texts('b', 1),
      operation: { ...operation, fingerprint: 'f2' },
      ifRevision: NO_HISTORY,
    };
    await commit(store, id, again);
    await checkRecords(store, id, texts('b', 1));
    checkEqual(
      await tryCommit(store, id, { append: texts('c', 1), ifRevision: revision }),
      { status: 'conflict' },
      'a commit at the revision before the expiry, after the next write',
    );
  },

  'a hint from before the expiry does no harm': async ({ openStore, elapse, newId }) => {
    const store = await openStore({ ttlSeconds: TTL_SECONDS });
    const id = newId();
    const lastSeen = await commit(store, id, { append: texts('a', 3) });
    await elapse(id, TTL_MS * 1.1);
    await commit(store, id, { append: texts('b', 1), lastSeen });
    await checkRecords(store, id, texts('b', 1));
  },

  'what expired is gone from the database after a clear': async ({ openStore, contains, elapse, newId }) => {
    const store = await openStore({ ttlSeconds: TTL_SECONDS });
    const word = 'conspicuous';
    // Soon after, and when the database may have begun to delete what has expired.
    for (const times of [1.1, 4, 6, 20]) {
      const id = newId();
      await commit(store, id, { append: texts(word, 2) });
      await commit(store, id, { append: [`{"text":"${word.repeat(100_000)}"}`] });
      check(await contains(id, word), 'the harness does not find what is stored');
      await elapse(id, TTL_MS * times);
      await store.clear(id);
      check(
        !(await contains(id, word)),
        `content is left of a session cleared ${times} times its time later`,
      );
    }
  },

  'the last writer decides when the session expires': async ({ store, openStore, elapse, newId }) => {
    const limited = await openStore({ ttlSeconds: TTL_SECONDS });
    const [kept, lost] = [newId('kept'), newId('lost')];
    await commit(limited, kept, { append: texts('a', 1) });
    await commit(store, kept, { append: texts('b', 1) });
    await elapse(kept, TTL_MS * 100);
    await checkRecords(store, kept, [...texts('a', 1), ...texts('b', 1)], 'last written without expiry');
    await commit(store, lost, { append: texts('a', 1) });
    await commit(limited, lost, { append: texts('b', 1) });
    await elapse(lost, TTL_MS * 1.1);
    await checkRecords(store, lost, [], 'last written with expiry');
  },
};

import { NO_HISTORY } from '../../store/sessionStore';
import { checkEqual, checkRecords, commit, newIdempotencyKey, texts } from '../check';
import type { Cases } from '../harness';

export const retrying: Cases = {
  'a commit tried again changes nothing': async ({ store, openStore, newId }) => {
    const id = newId();
    const change = { idempotencyKey: newIdempotencyKey(), append: texts('a', 2) };
    const revision = await commit(store, id, change);
    checkEqual(await store.commit(id, change), { status: 'committed', revision }, 'the second try');
    const other = await openStore();
    checkEqual(await other.commit(id, change), { status: 'committed', revision }, 'a try by another store');
    await checkRecords(store, id, texts('a', 2));
    checkEqual((await store.read(id)).revision, revision, 'the revision after all tries');
  },

  'a commit tried again after other commits changes nothing': async ({ store, newId }) => {
    const id = newId();
    const seen = await commit(store, id, { append: texts('a', 1) });
    const change = { idempotencyKey: newIdempotencyKey(), append: texts('b', 2), lastSeen: seen };
    const revision = await commit(store, id, change);
    await commit(store, id, { append: texts('c', 1) });
    const latest = await commit(store, id, { drop: 1, append: texts('d', 1) });
    checkEqual(await store.commit(id, change), { status: 'committed', revision }, 'the second try');
    await checkRecords(store, id, [...texts('a', 1), ...texts('b', 2), ...texts('d', 1)]);
    checkEqual((await store.read(id)).revision, latest, 'the revision after both');
  },

  'a commit with an operation tried again is committed, not repeated': async ({
    store,
    openStore,
    newId,
  }) => {
    const id = newId();
    const operation = { id: 'operation-1', fingerprint: 'f1' };
    const change = {
      idempotencyKey: newIdempotencyKey(),
      append: texts('a', 1),
      ifRevision: NO_HISTORY,
      operation,
    };
    const revision = await commit(store, id, change);
    const other = await openStore();
    checkEqual(await other.commit(id, change), { status: 'committed', revision }, 'the second try');
    await checkRecords(store, id, texts('a', 1));
  },

  'a drop tried again drops once': async ({ store, newId }) => {
    const id = newId();
    const revision = await commit(store, id, { append: texts('a', 5) });
    const change = {
      idempotencyKey: newIdempotencyKey(),
      drop: 2,
      append: texts('b', 1),
      ifRevision: revision,
    };
    await commit(store, id, change);
    await commit(store, id, change);
    await checkRecords(store, id, [...texts('a', 3), ...texts('b', 1)]);
  },

  'a commit that was refused is refused when it is tried again': async ({ store, newId }) => {
    const id = newId();
    const operation = { id: 'operation-1', fingerprint: 'f1' };
    await commit(store, id, { append: texts('a', 1), operation });
    const outdated = { idempotencyKey: newIdempotencyKey(), append: texts('b', 1), ifRevision: NO_HISTORY };
    const other = {
      idempotencyKey: newIdempotencyKey(),
      append: texts('c', 1),
      operation: { ...operation, fingerprint: 'f2' },
    };
    for (const what of ['the first try', 'the second try']) {
      checkEqual(await store.commit(id, outdated), { status: 'conflict' }, `${what} of an outdated commit`);
      checkEqual(
        await store.commit(id, other),
        { status: 'operation-mismatch' },
        `${what} of another change`,
      );
    }
    await checkRecords(store, id, texts('a', 1));
  },

  'two tries at once land once': async ({ store, openStore, newId }) => {
    const other = await openStore();
    for (let round = 0; round < 10; round++) {
      const id = newId();
      const lastSeen = await commit(store, id, { append: texts('a', 1) });
      const change = { idempotencyKey: newIdempotencyKey(), append: texts('b', 2), lastSeen };
      await Promise.all([commit(store, id, change), commit(other, id, change), commit(store, id, change)]);
      await checkRecords(store, id, [...texts('a', 1), ...texts('b', 2)]);
    }
  },

  'a commit tried again after a clear does not come back': async ({ store, newId }) => {
    const id = newId();
    const lastSeen = await commit(store, id, { append: texts('a', 1) });
    const change = { idempotencyKey: newIdempotencyKey(), append: texts('b', 2), lastSeen };
    await commit(store, id, change);
    await store.clear(id);
    await commit(store, id, change);
    await checkRecords(store, id, []);
  },
};

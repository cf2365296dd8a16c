import { NO_SUCH_REVISION } from '../../store/sessionStore';
import { checkEqual, checkRecords, commit, texts, tryCommit } from '../check';
import type { Cases } from '../harness';

const operation = { id: 'operation-1', fingerprint: 'f1' };

export const operations: Cases = {
  'an operation goes in once': async ({ store, newId }) => {
    const id = newId();
    const revision = await commit(store, id, { append: texts('a', 2), operation });
    checkEqual(
      await tryCommit(store, id, { append: texts('a', 2), operation }),
      { status: 'repeated', revision },
      'the repetition',
    );
    await checkRecords(store, id, texts('a', 2));
  },

  'an operation is remembered after later commits': async ({ store, openStore, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 2), operation });
    await commit(store, id, { append: texts('b', 3) });
    await commit(store, id, { drop: 4 });
    const revision = await commit(store, id, { drop: 'all', append: texts('c', 1) });
    const other = await openStore();
    checkEqual(
      await tryCommit(other, id, { append: texts('a', 2), operation }),
      { status: 'repeated', revision },
      'the repetition by another store',
    );
    await checkRecords(store, id, texts('c', 1));
  },

  'another change under the same operation id fails and changes nothing': async ({ store, newId }) => {
    const id = newId();
    const revision = await commit(store, id, { append: texts('a', 2), operation });
    checkEqual(
      await tryCommit(store, id, { append: texts('b', 1), operation: { ...operation, fingerprint: 'f2' } }),
      { status: 'operation-mismatch' },
      'the other change',
    );
    await checkRecords(store, id, texts('a', 2));
    checkEqual((await store.read(id)).revision, revision, 'the revision');
  },

  'a known operation is told before a conflict': async ({ store, newId }) => {
    const id = newId();
    const revision = await commit(store, id, { append: texts('a', 1), operation });
    const change = { append: texts('a', 1), ifRevision: NO_SUCH_REVISION };
    checkEqual(
      await tryCommit(store, id, { ...change, operation }),
      { status: 'repeated', revision },
      'a repetition',
    );
    checkEqual(
      await tryCommit(store, id, { ...change, operation: { ...operation, fingerprint: 'f2' } }),
      { status: 'operation-mismatch' },
      'another change',
    );
    checkEqual(
      await tryCommit(store, id, { ...change, operation: { id: 'operation-2', fingerprint: 'f1' } }),
      { status: 'conflict' },
      'a new operation',
    );
    await commit(store, id, { append: texts('b', 1), operation: { id: 'operation-2', fingerprint: 'f1' } });
    await checkRecords(store, id, [...texts('a', 1), ...texts('b', 1)]);
  },

  'an operation that changes no record is remembered too': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { operation });
    checkEqual((await tryCommit(store, id, { operation })).status, 'repeated', 'the repetition');
  },

  'of one operation tried by many at once exactly one goes in': async ({ openStore, newId }) => {
    const id = newId();
    const stores = await Promise.all(Array.from({ length: 6 }, () => openStore()));
    const results = await Promise.all(
      stores.map((store) => tryCommit(store, id, { append: texts('a', 2), operation })),
    );
    checkEqual(results.filter(({ status }) => status === 'committed').length, 1, 'those that went in');
    checkEqual(results.filter(({ status }) => status === 'repeated').length, 5, 'those told repeated');
    await checkRecords(stores[0] as (typeof stores)[0], id, texts('a', 2));
  },

  '100 operations are all remembered': async ({ store, newId }) => {
    const id = newId();
    const all = Array.from({ length: 100 }, (_, index) => ({ id: `operation-${index}`, fingerprint: 'f' }));
    for (const each of all) await commit(store, id, { append: texts(each.id, 1), operation: each });
    for (const each of all) {
      const { status } = await tryCommit(store, id, { append: texts(each.id, 1), operation: each });
      checkEqual(status, 'repeated', each.id);
    }
    checkEqual((await store.read(id)).records.length, 100, 'records stored');
  },

  'an operation of one session is unknown to another': async ({ store, newId }) => {
    const [left, right] = [newId(), newId()];
    await commit(store, left, { append: texts('a', 1), operation });
    await commit(store, right, { append: texts('b', 1), operation });
    await checkRecords(store, right, texts('b', 1));
  },

  'a clear forgets operations': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 1), operation });
    await store.clear(id);
    await commit(store, id, { append: texts('b', 1), operation: { ...operation, fingerprint: 'f2' } });
    await checkRecords(store, id, texts('b', 1));
  },
};

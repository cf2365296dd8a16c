import { NO_HISTORY, NO_SUCH_REVISION } from '../../store/sessionStore';
import { check, checkEqual, checkRecords, commit, texts, tryCommit } from '../check';
import type { Cases } from '../harness';

export const revisions: Cases = {
  'every commit makes a new revision, and a read tells it': async ({ store, newId }) => {
    const id = newId();
    const seen = new Set<string>([NO_HISTORY, NO_SUCH_REVISION]);
    for (const change of [
      { append: texts('a', 3) },
      { append: texts('b', 1) },
      { operation: { id: 'operation-1', fingerprint: 'f1' } },
      { drop: 1 },
      { drop: 'all' as const },
    ]) {
      const revision = await commit(store, id, change);
      check(!seen.has(revision), `revision ${revision} came twice`);
      seen.add(revision);
      checkEqual((await store.read(id)).revision, revision, 'the revision that a read tells');
      checkEqual(
        (await store.read(id, { last: 1 })).revision,
        revision,
        'the revision that a short read tells',
      );
    }
  },

  'a commit at the current revision goes in': async ({ store, newId }) => {
    const id = newId();
    let revision = await commit(store, id, { append: texts('a', 1), ifRevision: NO_HISTORY });
    revision = await commit(store, id, { append: texts('b', 1), ifRevision: revision });
    await commit(store, id, { drop: 1, append: texts('c', 1), ifRevision: revision });
    await checkRecords(store, id, [...texts('a', 1), ...texts('c', 1)]);
  },

  'a commit at another revision conflicts and changes nothing': async ({ store, newId }) => {
    const id = newId();
    const first = await commit(store, id, { append: texts('a', 1) });
    const second = await commit(store, id, { append: texts('b', 1) });
    for (const ifRevision of [first, NO_HISTORY, NO_SUCH_REVISION, 'x']) {
      const result = await tryCommit(store, id, { append: texts('c', 1), drop: 1, ifRevision });
      checkEqual(result, { status: 'conflict' }, `a commit at ${ifRevision}`);
    }
    const untouched = newId();
    checkEqual(
      await tryCommit(store, untouched, { append: texts('c', 1), ifRevision: NO_SUCH_REVISION }),
      { status: 'conflict' },
      'a commit to nothing at NO_SUCH_REVISION',
    );
    await checkRecords(store, id, [...texts('a', 1), ...texts('b', 1)]);
    checkEqual((await store.read(id)).revision, second, 'the revision after conflicts');
  },

  'another session at the same point has another revision': async ({ store, newId }) => {
    const [left, right] = [newId(), newId()];
    const revision = await commit(store, left, { append: texts('a', 1) });
    await commit(store, right, { append: texts('a', 1) });
    checkEqual(
      await tryCommit(store, right, { append: texts('b', 1), ifRevision: revision }),
      { status: 'conflict' },
      "a commit at the other session's revision",
    );
  },

  'a session emptied by drops is not at NO_HISTORY': async ({ store, newId }) => {
    const id = newId();
    await commit(store, id, { append: texts('a', 2) });
    const emptied = await commit(store, id, { drop: 2 });
    checkEqual(
      await tryCommit(store, id, { append: texts('b', 1), ifRevision: NO_HISTORY }),
      { status: 'conflict' },
      'a commit at NO_HISTORY',
    );
    await commit(store, id, { append: texts('b', 1), ifRevision: emptied });
    await checkRecords(store, id, texts('b', 1));
  },

  'of many commits at one revision exactly one goes in': async ({ store, openStore, newId }) => {
    const id = newId();
    const ifRevision = await commit(store, id, { append: texts('a', 1) });
    const stores = await Promise.all(Array.from({ length: 6 }, () => openStore()));
    const results = await Promise.all(
      stores.map((each, index) => tryCommit(each, id, { append: texts(`b${index}`, 1), ifRevision })),
    );
    checkEqual(results.filter(({ status }) => status === 'committed').length, 1, 'commits that went in');
    checkEqual(results.filter(({ status }) => status === 'conflict').length, 5, 'commits that conflicted');
    checkEqual((await store.read(id)).records.length, 2, 'records stored');
  },

  'an outdated or meaningless hint does no harm': async ({ store, newId }) => {
    const id = newId();
    const hints = [await commit(store, id, { append: texts('a', 1) }), NO_SUCH_REVISION, NO_HISTORY, 'x'];
    await store.clear(id);
    await commit(store, id, { append: texts('b', 3) });
    await commit(store, id, { drop: 'all', append: texts('c', 1) });
    for (const lastSeen of hints) await commit(store, id, { append: texts('d', 1), lastSeen });
    const expected = [...texts('c', 1), ...hints.flatMap(() => texts('d', 1))];
    await checkRecords(store, id, expected);
    await store.clear(id);
    await commit(store, id, { append: texts('e', 1), lastSeen: hints[0] });
    await checkRecords(store, id, texts('e', 1));
  },
};

import { NO_SUCH_REVISION } from '../../store/sessionStore';
import { check, checkEqual, checkRecords, commit, texts, tryCommit } from '../check';
import type { CaseContext, Cases, Fixture } from '../harness';

/** For each stored form of a released version: it is read, and gone on with, as if it were of today. */
export function fixtureCases(fixtures: Readonly<Record<string, Fixture>>): Cases {
  return Object.fromEntries(
    Object.entries(fixtures).flatMap(([version, fixture]) => [
      [`what ${version} stored is read`, (context) => isRead(context, fixture)],
      [`what ${version} stored is gone on with`, (context) => isGoneOnWith(context, fixture)],
      [`what ${version} stored is compacted and cleared`, (context) => isReplaced(context, fixture)],
    ]),
  );
}

async function isRead({ store, openStore, newId }: CaseContext, fixture: Fixture): Promise<void> {
  const id = newId();
  const { records } = await put(fixture, id);
  await checkRecords(store, id, records);
  const newest = await (await openStore()).read(id, { last: 1 });
  checkEqual(newest.records, records.slice(-1), 'the newest record');
  checkEqual((await store.read(id)).revision, newest.revision, 'the revision in both reads');
}

async function isGoneOnWith({ store, newId }: CaseContext, fixture: Fixture): Promise<void> {
  const id = newId();
  const { records, operations = [] } = await put(fixture, id);
  const { revision } = await store.read(id);
  const outdated = await tryCommit(store, id, { append: texts('x', 1), ifRevision: NO_SUCH_REVISION });
  checkEqual(outdated, { status: 'conflict' }, 'a commit at another revision');
  const known = async (): Promise<void> => {
    for (const operation of operations) {
      const change = { append: texts('x', 1), operation };
      checkEqual((await tryCommit(store, id, change)).status, 'repeated', 'an operation, repeated');
      const other = { ...change, operation: { ...operation, fingerprint: 'another' } };
      checkEqual((await tryCommit(store, id, other)).status, 'operation-mismatch', 'another operation');
    }
  };
  await known();
  await commit(store, id, { append: texts('a', 2), ifRevision: revision });
  await checkRecords(store, id, [...records, ...texts('a', 2)], 'after an append');
  await commit(store, id, { drop: 3, append: texts('b', 1) });
  await checkRecords(store, id, [...records.slice(0, -1), ...texts('b', 1)], 'after a drop');
  await known();
}

async function isReplaced({ store, contains, newId }: CaseContext, fixture: Fixture): Promise<void> {
  const [compacted, cleared] = [newId(), newId()];
  const { operations: [operation] = [] } = await put(fixture, compacted);
  await commit(store, compacted, { drop: 'all', append: texts('summary', 1) });
  await checkRecords(store, compacted, texts('summary', 1), 'after a compaction');
  if (operation) {
    const { status } = await tryCommit(store, compacted, { append: texts('x', 1), operation });
    checkEqual(status, 'repeated', 'an operation, repeated after a compaction');
  }
  const { records } = await put(fixture, cleared);
  const words = records.flatMap((record) => /\w{10,}/.exec(String(record)) ?? []);
  check(words.length > 0, 'a fixture must have a word of ten letters in a text, to look for');
  for (const word of words) check(await contains(cleared, word), `contains does not find ${word}`);
  await store.clear(cleared);
  await checkRecords(store, cleared, [], 'after a clear');
  for (const word of words) {
    check(!(await contains(cleared, word)), `the database still holds ${word} after a clear`);
  }
  await commit(store, cleared, { append: texts('a', 1) });
  await checkRecords(store, cleared, texts('a', 1), 'after a clear and a write');
}

async function put(fixture: Fixture, id: string): Promise<Fixture> {
  check(fixture.records.length >= 2, 'a fixture must have at least two records, to tell their order');
  await fixture.put(id);
  return fixture;
}

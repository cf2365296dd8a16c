import { Buffer } from 'node:buffer';
import { StoredSession } from '../../session/storedSession';
import { isDescribing, type DescribingStore, type SessionDescription } from '../../store/describingStore';
import { NO_HISTORY } from '../../store/sessionStore';
import { check, checkEqual, checkRecords, checkThrows, commit, texts, tryCommit } from '../check';
import type { CaseContext, Cases } from '../harness';

const TTL_SECONDS = 1_000;
const TTL_MS = TTL_SECONDS * 1_000;
/** For the time that a case takes, and for clocks that differ. */
const TOLERANCE_MS = 60_000;
/** More than a store may add to what it keeps of one record. */
const MOST_ADDED = 64;

/** For stores that describe sessions. A session on any other store says that it cannot. */
export const describing: Cases = {
  'the description is that of what is stored, whatever was written': describes(async (store, { newId }) => {
    const id = newId();
    const operation = { id: 'o1', fingerprint: 'f1' };
    await commit(store, id, { append: texts('a', 3) });
    let before = await checkDescribed(store, id, 'after an append');
    for (const [what, change] of Object.entries({
      'an append': { append: ['{"text":"ä💥"}', new Uint8Array([1, 0, 255])] },
      'an append with an operation': { append: texts('b', 2), operation },
      'an operation without records': { operation: { id: 'o2', fingerprint: 'f2' } },
      'a drop': { drop: 2 },
      'a drop and an append': { drop: 1, append: texts('c', 40) },
      'a compaction': { drop: 'all' as const, append: texts('d', 2) },
      'a drop of all that there is': { drop: 2 },
      'an append to a session without records': { append: texts('e', 1) },
    })) {
      await commit(store, id, change);
      const described = await checkDescribed(store, id, `after ${what}`);
      checkEqual(timeOf(described.createdAt), timeOf(before.createdAt), `when it began, after ${what}`);
      checkOrder(before.updatedAt, described.updatedAt, `the times of the writes before and after ${what}`);
      check(
        described.revision !== before.revision,
        `the same revision is described before and after ${what}`,
      );
      before = described;
    }
    const conflict = await tryCommit(store, id, { append: texts('f', 1), ifRevision: NO_HISTORY });
    checkEqual(conflict.status, 'conflict', 'a commit at no history');
    const after = await checkDescribed(store, id, 'after a conflict');
    checkEqual(
      timeOf(after.updatedAt),
      timeOf(before.updatedAt),
      'when it was last written, after a conflict',
    );
  }),

  'a session that holds nothing is described as nothing': describes(async (store, { newId }) => {
    const [never, cleared] = [newId('never'), newId('cleared')];
    await checkNothing(store, never, 'a session that was never written');
    await commit(store, cleared, { append: texts('a', 3) });
    await store.clear(cleared);
    await checkNothing(store, cleared, 'a cleared session');
    await checkNothing(store, never, 'a session that was never written, but described');
    await checkRecords(store, never, []);
  }),

  'what is gone does not count': describes(async (store, { newId }) => {
    const large = [`{"text":"${'x'.repeat(100_000)}"}`];
    for (const end of ['a clear', 'a compaction'] as const) {
      const id = newId();
      await commit(store, id, { append: large });
      if (end === 'a clear') await store.clear(id);
      await commit(store, id, { append: texts('a', 2), ...(end === 'a compaction' && { drop: 'all' }) });
      const { bytes = 0 } = await checkDescribed(store, id, `after ${end}`);
      const most = sizeOf(texts('a', 2)) + 2 * MOST_ADDED;
      check(bytes <= most, `bytes after ${end}: expected at most ${most}, got ${bytes}`);
    }
  }),

  'a session tells its description': describes(async (store, { newId }) => {
    const sessionId = newId();
    const session = new StoredSession(store, { sessionId });
    await session.addItems([{ role: 'user', content: 'hello' }]);
    checkEqual((await session.describe()).items, 1, 'the items that a session describes');
    await new StoredSession(store, { sessionId: newId() }).describe();
    await session.addItems([{ role: 'user', content: 'hello again' }]);
    checkEqual((await session.describe()).items, 2, 'the items that a session describes after an append');
  }),
};

/** For stores that expire. */
export const describingExpiry: Cases = {
  'the description tells when the session expires, and of an expired one nothing': describes(
    async (_store, { openStore, elapse, newId }) => {
      const store = await openDescribing(openStore, { ttlSeconds: TTL_SECONDS });
      const id = newId();
      await commit(store, id, { append: texts('a', 1) });
      const first = await checkDescribed(store, id, 'after the first write');
      checkExpires(first, TTL_MS, 'after the first write');
      await elapse(id, TTL_MS * 0.6);
      const later = await checkDescribed(store, id, 'later');
      checkOrder(later.expiresAt, first.expiresAt, 'when it expires, described later and at first');
      await commit(store, id, { append: texts('b', 1) });
      const written = await checkDescribed(store, id, 'after the second write');
      checkExpires(written, TTL_MS, 'after the second write');
      checkEqual(timeOf(written.createdAt), timeOf(first.createdAt), 'when it began');
      await elapse(id, TTL_MS * 1.1);
      await checkNothing(store, id, 'an expired session');
      await commit(store, id, { append: texts('c', 1) });
      const anew = await checkDescribed(store, id, 'after it began anew');
      checkOrder(written.updatedAt, anew.createdAt, 'when it was last written, and when it began anew');
    },
  ),
};

/** For stores whose reads extend sessions. */
export const describingAccess: Cases = {
  'a description does not extend the session': describes(async (_store, { openStore, elapse, newId }) => {
    const store = await openDescribing(openStore, { ttlSeconds: TTL_SECONDS, ttlRefresh: 'access' });
    const id = newId();
    await commit(store, id, { append: texts('a', 1) });
    await elapse(id, TTL_MS * 0.6);
    await store.describe(id);
    await elapse(id, TTL_MS * 0.6);
    await checkNothing(store, id, 'a session that was only described');
  }),

  'a read that extends the session is no change of it': describes(
    async (_store, { openStore, elapse, newId }) => {
      const store = await openDescribing(openStore, { ttlSeconds: TTL_SECONDS, ttlRefresh: 'access' });
      const id = newId();
      await commit(store, id, { append: texts('a', 2) });
      const written = await store.describe(id);
      for (let round = 1; round <= 3; round++) {
        await elapse(id, TTL_MS * 0.6);
        await checkRecords(store, id, texts('a', 2), 'read before its time is up');
        const read = await checkDescribed(store, id, 'after a read');
        checkEqual(read.revision, written.revision, 'the revision after a read');
        checkEqual(timeOf(read.createdAt), timeOf(written.createdAt), 'when it began, after a read');
        checkEqual(timeOf(read.updatedAt), timeOf(written.updatedAt), 'when it was written, after a read');
        checkOrder(written.expiresAt, read.expiresAt, 'when it was to expire, and does after a read');
      }
    },
  ),
};

function describes(
  run: (store: DescribingStore, context: CaseContext) => Promise<void>,
): (context: CaseContext) => Promise<void> {
  return async (context) => {
    const { store, newId } = context;
    if (isDescribing(store)) return run(store, context);
    const session = new StoredSession(store, { sessionId: newId() });
    await checkThrows('STORE_MISCONFIGURED', () => session.describe(), 'a session on a store that cannot');
  };
}

async function openDescribing(
  openStore: CaseContext['openStore'],
  options: Parameters<CaseContext['openStore']>[0],
): Promise<DescribingStore> {
  const store = await openStore(options);
  check(isDescribing(store), 'not every store of this harness describes');
  return store;
}

/** Compares the description with what is read. */
async function checkDescribed(store: DescribingStore, id: string, what: string): Promise<SessionDescription> {
  const described = await store.describe(id);
  const { records, revision } = await store.read(id);
  checkEqual(described.items, records.length, `items ${what}`);
  checkEqual(described.revision, revision, `the revision ${what}`);
  const { bytes = Infinity, createdAt, updatedAt } = described;
  const least = sizeOf(records);
  check(bytes >= least, `bytes ${what}: expected at least ${least}, got ${bytes}`);
  checkOrder(createdAt, updatedAt, `when it began and was last written, ${what}`);
  return described;
}

async function checkNothing(store: DescribingStore, id: string, what: string): Promise<void> {
  const { items, bytes, revision, createdAt, updatedAt, expiresAt } = await store.describe(id);
  checkEqual({ items, bytes, revision }, { items: 0, bytes: 0, revision: NO_HISTORY }, what);
  const times = [createdAt, updatedAt, expiresAt].filter((time) => time !== undefined);
  checkEqual(times.length, 0, `${what}: how many times are described`);
}

function checkExpires({ updatedAt, expiresAt }: SessionDescription, ttlMs: number, what: string): void {
  const [from, to] = [timeOf(updatedAt), timeOf(expiresAt)];
  check(Math.abs(to - from - ttlMs) <= TOLERANCE_MS, `it expires ${to - from} ms after a write, ${what}`);
}

function checkOrder(earlier: Date | undefined, later: Date | undefined, what: string): void {
  const [from, to] = [timeOf(earlier), timeOf(later)];
  check(from <= to, `${what}: ${from} and ${to}, in ms`);
}

/** @throws unless it is a time */
function timeOf(time: Date | undefined): number {
  const ms = time?.getTime() ?? NaN;
  check(!Number.isNaN(ms), 'a time that is not described, or is none');
  return ms;
}

function sizeOf(records: readonly (string | Uint8Array)[]): number {
  return records.reduce((sum, record) => sum + Buffer.byteLength(record), 0);
}

import { isPlainObject } from '../arguments/isPlainObject';
import { itemText } from '../records/itemJson';
import { digest, type RecordCodec } from '../records/recordCodec';
import { SessionError } from '../store/errors';
import { NO_HISTORY, type Revision, type SessionStore, type StoredRecord } from '../store/sessionStore';
import { contention, underContention } from './contention';
import { newIdempotencyKey } from './historyAccess';
import { arePendingRunEntries, type PendingRunEntry } from './pendingRunEntry';
import type { CodecOf } from './sessionCodecs';
import { pendingRunsId, storedSessionId } from './sessionId';
import { bytesOf } from '../store/bytesOf';

/*
 * Pending runs are the records of a stored session of their own: the text of each run's state, oldest first, and behind them
 * one small record that tells all else. So what is listed, decided, taken and given back is that one record.
 */

/** Where the pending runs of a session are kept, with a scope those of all its sessions. */
export interface PendingRunsPlace {
  readonly storedId: string;
  readonly codec: RecordCodec;
  /** Whether the runs of other sessions are kept there too. */
  readonly isShared: boolean;
  /** The stored id of a session whose runs are kept there. */
  storedIdOf(sessionId: string): string;
}

/** Undefined where the session id is so long that there is no such place. */
export function pendingRunsPlace(
  sessionId: string,
  scope: string | undefined,
  codecOf: CodecOf,
): PendingRunsPlace | undefined {
  const storedId = pendingRunsId(sessionId, scope);
  if (storedId === undefined) return undefined;
  return {
    storedId,
    codec: codecOf(storedId, scope),
    isShared: scope !== undefined,
    storedIdOf: (each) => storedSessionId(each, scope),
  };
}

/** One run, with the record of its state. */
export interface ListedRun {
  readonly entry: PendingRunEntry;
  readonly state: StoredRecord;
}

/** The runs as of one revision of their list. */
export interface PendingRunList {
  readonly runs: readonly ListedRun[];
  readonly revision: Revision;
}

/** Of the last record. */
const FORMAT = 1;

/**
 * Bytes of all records: so many can be written at once on every store, which is what taking one of them out asks for. (16 MiB
 * on DynamoDB, of which a stream of records takes a few bytes for each.)
 */
const MAX_BYTES = 15 * 1024 * 1024;

/** @throws `CORRUPT_RECORD`, `UNSUPPORTED_FORMAT`, `UNKNOWN_KEY`, `UNENCRYPTED_RECORD`, `KEYS_UNAVAILABLE` */
export async function readEntries(
  store: SessionStore,
  place: PendingRunsPlace,
): Promise<readonly PendingRunEntry[]> {
  const { records } = await store.read(place.storedId, { last: 1 });
  return entriesIn(place, records);
}

/** @throws what `readEntries` throws. */
export async function readList(store: SessionStore, place: PendingRunsPlace): Promise<PendingRunList> {
  const { records, revision } = await store.read(place.storedId);
  const entries = await entriesIn(place, records);
  if (records.length !== (entries.length === 0 ? 0 : entries.length + 1)) throw corrupt();
  const runs = entries.map((entry, index) => ({ entry, state: records[index] as StoredRecord }));
  return { runs, revision };
}

/**
 * Puts these runs in the place of those listed, all at once.
 *
 * @throws `CONTENTION` where the list has changed since, `COMMIT_TOO_LARGE`
 */
export async function writeList(
  store: SessionStore,
  place: PendingRunsPlace,
  list: PendingRunList,
  runs: readonly ListedRun[],
): Promise<void> {
  // Where a state goes, all is put anew, because a store deletes for good only what a `drop: 'all'` took off.
  const isKept = list.runs.every(({ state }, index) => runs[index]?.state === state);
  const states = runs.slice(isKept ? list.runs.length : 0).map(({ state }) => state);
  const append = runs.length === 0 ? [] : [...states, await indexRecord(place, runs)];
  const isAdding = runs.length > list.runs.length;
  if (isAdding && bytesOf(append) + bytesOf(list.runs.map(({ state }) => state)) > MAX_BYTES) {
    throw new SessionError('COMMIT_TOO_LARGE', 'the runs that are pending together are larger than 15 MiB');
  }
  const drop = list.runs.length === 0 ? undefined : isKept ? 1 : 'all';
  const { status } = await store.commit(place.storedId, {
    idempotencyKey: newIdempotencyKey(),
    append,
    drop,
    ifRevision: list.revision,
    lastSeen: list.revision,
  });
  if (status !== 'committed') throw contention();
}

/**
 * Puts all of it under the newest key, or does nothing where it is.
 *
 * @returns how many records were under another key, or none.
 * @throws what `readEntries` throws; `CONTENTION` where the list has changed meanwhile
 */
export async function reencryptList(store: SessionStore, place: PendingRunsPlace): Promise<number> {
  const { records } = await store.read(place.storedId);
  const count = await place.codec.countOutdated(records);
  if (count === 0) return 0;
  const list = await readList(store, place);
  const runs = list.runs.map(async (run) => ({
    entry: run.entry,
    state: await encodeState(place, await decodeState(place, run)),
  }));
  await writeList(store, place, list, await Promise.all(runs));
  return count;
}

/**
 * Writes what `work` makes of the runs, unless it leaves all of them as they are. Returns whether it did.
 *
 * @throws `CORRUPT_RECORD`, `UNSUPPORTED_FORMAT`, `COMMIT_TOO_LARGE`, `CONTENTION`
 */
export async function changeList(
  store: SessionStore,
  place: PendingRunsPlace,
  work: (list: PendingRunList) => readonly ListedRun[],
): Promise<boolean> {
  return underContention(async () => {
    const list = await readList(store, place);
    const runs = work(list);
    const isSame = runs.length === list.runs.length && runs.every((run, index) => run === list.runs[index]);
    if (!isSame) await writeList(store, place, list, runs);
    return !isSame;
  });
}

/** Deletes the runs of sessions whose histories are cleared. */
export async function clearPendingRuns(
  store: SessionStore,
  place: PendingRunsPlace,
  sessionIds: readonly string[],
): Promise<void> {
  const { revision } = await store.read(place.storedId, { last: 1 });
  if (revision === NO_HISTORY) return;
  if (!place.isShared) {
    await store.clear(place.storedId);
    return;
  }
  await changeList(store, place, ({ runs }) =>
    runs.filter(({ entry }) => !sessionIds.includes(entry.sessionId)),
  );
}

/** Deletes the runs of sessions that are erased, those that have expired too, unless other sessions have some beside them. */
export async function erasePendingRuns(
  store: SessionStore,
  places: readonly PendingRunsPlace[],
  sessionIds: readonly string[],
): Promise<void> {
  for (const place of places) {
    if (place.isShared) await clearPendingRuns(store, place, sessionIds);
    else await store.clear(place.storedId);
  }
}

/** @throws `INVALID_ARGUMENT`, `COMMIT_TOO_LARGE` */
export async function encodeState(place: PendingRunsPlace, text: string): Promise<StoredRecord> {
  return encode(place, itemText({ state: text }, 'state'));
}

/** @throws what `readEntries` throws. */
export async function decodeState(place: PendingRunsPlace, { entry, state }: ListedRun): Promise<string> {
  const { state: text } = await decode(place, state);
  if (typeof text !== 'string' || digest(text) !== entry.digest) throw corrupt();
  return text;
}

async function entriesIn(
  place: PendingRunsPlace,
  records: readonly StoredRecord[],
): Promise<readonly PendingRunEntry[]> {
  const last = records.at(-1);
  if (last === undefined) return [];
  const { format, pendingRuns } = await decode(place, last);
  if (Number.isSafeInteger(format) && format !== FORMAT) {
    throw new SessionError('UNSUPPORTED_FORMAT', 'the list of pending runs was written by a newer version');
  }
  if (!arePendingRunEntries(pendingRuns)) throw corrupt();
  return pendingRuns;
}

async function indexRecord(place: PendingRunsPlace, runs: readonly ListedRun[]): Promise<StoredRecord> {
  return encode(
    place,
    itemText({ format: FORMAT, pendingRuns: runs.map(({ entry }) => entry) }, 'pendingRuns'),
  );
}

async function encode({ codec }: PendingRunsPlace, text: string): Promise<StoredRecord> {
  return (await codec.encode([text]))[0] as StoredRecord;
}

async function decode(
  { codec }: PendingRunsPlace,
  record: StoredRecord,
): Promise<Readonly<Record<string, unknown>>> {
  const [decoded] = await codec.decode([record]);
  if (SessionError.is(decoded)) throw decoded;
  if (!isPlainObject(decoded)) throw corrupt();
  return decoded;
}

function corrupt(): SessionError {
  return new SessionError('CORRUPT_RECORD', 'the list of pending runs cannot be decoded');
}

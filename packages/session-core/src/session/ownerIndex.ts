import { isPlainObject } from '../arguments/isPlainObject';
import { itemText } from '../records/itemJson';
import type { RecordCodec } from '../records/recordCodec';
import { SessionError } from '../store/errors';
import type { Revision, SessionStore, StoredRecord } from '../store/sessionStore';
import { contention } from './contention';
import { newIdempotencyKey } from './historyAccess';
import { parseDetails, type SessionDetails } from './sessionDetails';
import { assertSessionId } from './sessionId';
import { isTime, LATEST } from './storedTime';

/*
 * The index of an owner's sessions is a stored session of its own: a log with an entry for each time that a session began or
 * was written to, the newest last. An entry says all of its session, so that the newest sessions are read off the end. Of a
 * session's entries, the newest counts; now and then the log is rewritten without the others.
 */

/** One session, as of one moment. */
export interface IndexEntry {
  readonly sessionId: string;
  /** Milliseconds since the epoch by the writer's clock, but always more than in the entry before: the place in the order. */
  readonly at: number;
  /** From when on the session has surely expired, unless a later entry says otherwise. Undefined: never. */
  readonly until?: number | undefined;
  readonly details: SessionDetails;
  /** When the session began that the details are of, where the store tells that. */
  readonly since?: number | undefined;
}

/** An entry's place in the log. The entry is undefined where it cannot be decoded and that is read past. */
export interface LoggedEntry {
  readonly record: StoredRecord;
  readonly entry: IndexEntry | undefined;
}

/** The end of the log, or all of it, oldest first. */
export interface IndexLog {
  readonly logged: readonly LoggedEntry[];
  readonly revision: Revision;
  readonly isWhole: boolean;
  /** What its newest entry tells of the whole log. */
  readonly counts: Counts;
}

interface Counts {
  readonly records: number;
  /** How many there were when the log was last rewritten. */
  readonly kept: number;
  /** Of how many sessions there are entries at the most. */
  readonly sessions: number;
}

export interface IndexPlace {
  readonly storedId: string;
  readonly codec: RecordCodec;
}

/** Of each entry. */
const FORMAT = 1;

/** How many entries are read to begin with. */
export const SHORT_TAIL = 16;

/** How many entries may come before the log is rewritten, beside as many as were kept the last time. */
const SPARE_RECORDS = 64;

/** Of records, what a list of Redis can hold: https://redis.io/docs/latest/develop/data-types/lists/. */
const MOST_COUNTED = 2 ** 32 - 1;

/** The log of one owner. Every change of it is made on condition that it is still as it was read. */
export class OwnerIndex {
  readonly #store: SessionStore;
  readonly #place: IndexPlace;
  readonly #skipCorrupt: boolean;

  constructor(store: SessionStore, place: IndexPlace, skipCorrupt: boolean) {
    this.#store = store;
    this.#place = place;
    this.#skipCorrupt = skipCorrupt;
  }

  /**
   * The newest `last` entries, or all; or more, where none of so many can be decoded, for the newest that can tells the counts.
   *
   * @throws `CORRUPT_RECORD` unless such entries are skipped, `UNSUPPORTED_FORMAT`
   */
  async read(last?: number): Promise<IndexLog> {
    let log = await this.#readNewest(last);
    for (let more = last; more !== undefined && !log.isWhole && !log.logged.some(({ entry }) => entry);) {
      more *= 2;
      log = await this.#readNewest(more);
    }
    return log;
  }

  async #readNewest(last: number | undefined): Promise<IndexLog> {
    const { storedId, codec } = this.#place;
    const { records, revision } = await this.#store.read(storedId, { last });
    const decoded = await codec.decode(records);
    let counts: Counts = { records: 0, kept: 0, sessions: 0 };
    const logged = records.map((record, index) => {
      const parsed = toParsed(decoded[index]);
      if (!SessionError.is(parsed)) {
        counts = parsed.counts;
        return { record, entry: parsed.entry };
      }
      if (!this.#skipCorrupt || !SessionError.is(parsed, 'CORRUPT_RECORD')) throw parsed;
      counts = { ...counts, records: counts.records + 1 };
      return { record, entry: undefined };
    });
    return { logged, revision, isWhole: last === undefined || records.length < last, counts };
  }

  /** The log back to the newest entry of a session, or all of it, from what was read of it on. */
  async readBackTo(sessionId: string, log: IndexLog): Promise<IndexLog> {
    let found = log;
    for (let last = 4 * SHORT_TAIL; !found.isWhole && !newestOf(found, sessionId); last *= 2) {
      found = await this.read(last);
    }
    return found;
  }

  /**
   * Puts an entry behind what was read.
   *
   * @param isNew - the log has none of this session.
   * @throws `CONTENTION` where the log has changed since.
   */
  async append(log: IndexLog, entry: IndexEntry, isNew: boolean): Promise<void> {
    const { records, kept, sessions } = log.counts;
    const counts = {
      records: Math.min(records + 1, MOST_COUNTED),
      kept,
      sessions: Math.min(sessions + (isNew ? 1 : 0), MOST_COUNTED),
    };
    await this.#commit(log, [await this.#encode(entry, counts)], undefined);
  }

  /**
   * Writes the whole log anew, with these entries of it and another one behind them, and deletes the rest for good.
   *
   * @throws `CONTENTION` where the log has changed since, `COMMIT_TOO_LARGE`
   */
  async rewrite(log: IndexLog, kept: readonly LoggedEntry[], added?: IndexEntry): Promise<void> {
    const all = added ? [...kept, { record: '', entry: added }] : kept;
    const records = all.map(({ record }) => record);
    const last = all.findLastIndex(({ entry }) => entry);
    const newest = all[last]?.entry;
    // The newest entry tells the counts.
    const counts = { records: last + 1, kept: all.length, sessions: sessionsIn(all) };
    if (newest) records[last] = await this.#encode(newest, counts);
    await this.#commit(log, records, 'all');
  }

  /**
   * Writes the log anew where any of it is not under the newest key.
   *
   * @returns how many entries were not.
   * @throws `CONTENTION` where the log has changed meanwhile, `COMMIT_TOO_LARGE`
   */
  async reencrypt(): Promise<number> {
    const log = await this.read();
    const records = log.logged.flatMap(({ record, entry }) => (entry ? [record] : []));
    const count = await this.#place.codec.countOutdated(records);
    if (count === 0) return 0;
    const kept = withoutSuperseded(log, () => false);
    let sessions = 0;
    const anew = kept.map(async ({ record, entry }, place) =>
      entry ? this.#encode(entry, { records: place + 1, kept: kept.length, sessions: ++sessions }) : record,
    );
    await this.#commit(log, await Promise.all(anew), 'all');
    return count;
  }

  /** Forgets the log. */
  async clear(): Promise<void> {
    await this.#store.clear(this.#place.storedId);
  }

  async #encode({ details, ...entry }: IndexEntry, counts: Counts): Promise<StoredRecord> {
    const text = itemText({ format: FORMAT, ...entry, ...details, ...counts }, 'entry');
    return (await this.#place.codec.encode([text]))[0] as StoredRecord;
  }

  async #commit(
    { revision }: IndexLog,
    append: readonly StoredRecord[],
    drop: 'all' | undefined,
  ): Promise<void> {
    const { status } = await this.#store.commit(this.#place.storedId, {
      idempotencyKey: newIdempotencyKey(),
      append,
      drop,
      ifRevision: revision,
      lastSeen: revision,
    });
    if (status !== 'committed') throw contention();
  }
}

/** The newest entry of a session, as far as was read. */
export function newestOf({ logged }: IndexLog, sessionId: string): IndexEntry | undefined {
  return logged.findLast(({ entry }) => entry?.sessionId === sessionId)?.entry;
}

/** The newest entry of each session, the newest first. */
export function newestEntries({ logged }: IndexLog): IndexEntry[] {
  const bySession = new Map<string, IndexEntry>();
  for (const { entry } of logged.toReversed()) {
    if (entry && !bySession.has(entry.sessionId)) bySession.set(entry.sessionId, entry);
  }
  return [...bySession.values()];
}

/** Whether the log has no session of which nothing was read. What tells of fewer than were read is not to be believed. */
export function hasAllSessions(log: IndexLog): boolean {
  return log.isWhole || sessionsIn(log.logged) === log.counts.sessions;
}

/** The newest entry of each session, unless it is dropped, and what cannot be decoded; oldest first. */
export function withoutSuperseded(
  log: IndexLog,
  isDropped: (entry: IndexEntry) => boolean,
): readonly LoggedEntry[] {
  const kept = new Set(newestEntries(log).filter((entry) => !isDropped(entry)));
  return log.logged.filter(({ entry }) => entry === undefined || kept.has(entry));
}

/**
 * Whether the log has grown so much that it is to be rewritten. Where that fails, because the log is too large or others
 * were faster, it is not tried again with each entry.
 */
export function isRewriteDue({ counts: { records, kept } }: IndexLog): boolean {
  const excess = records - 2 * kept - SPARE_RECORDS;
  return excess >= 0 && excess % Math.max(SPARE_RECORDS, kept) === 0;
}

/**
 * The time of an entry behind these.
 *
 * @throws `CORRUPT_RECORD` where there is none
 */
export function timeAfter(logged: readonly LoggedEntry[]): number {
  const newest = logged.findLast(({ entry }) => entry)?.entry;
  const at = Math.max(Date.now(), newest ? newest.at + 1 : 0);
  if (at > LATEST) throw corrupt();
  return at;
}

function sessionsIn(logged: readonly LoggedEntry[]): number {
  return new Set(logged.flatMap(({ entry }) => (entry ? [entry.sessionId] : []))).size;
}

function toParsed(decoded: unknown): { entry: IndexEntry; counts: Counts } | SessionError {
  if (SessionError.is(decoded)) return decoded;
  if (!isPlainObject(decoded)) return corrupt();
  const { format, sessionId, at, until, since, title, metadata, records, kept, sessions } = decoded;
  if (Number.isSafeInteger(format) && format !== FORMAT) {
    return new SessionError('UNSUPPORTED_FORMAT', 'the index of sessions was written by a newer version');
  }
  if (!isCount(records) || !isCount(kept) || !isCount(sessions) || !isTime(at)) return corrupt();
  if ((until !== undefined && !isTime(until)) || (since !== undefined && !isTime(since))) return corrupt();
  try {
    assertSessionId(sessionId);
    const details = parseDetails({ title, metadata } as SessionDetails);
    return { entry: { sessionId, at, until, since, details }, counts: { records, kept, sessions } };
  } catch {
    return corrupt();
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MOST_COUNTED;
}

function corrupt(): SessionError {
  return new SessionError('CORRUPT_RECORD', 'an entry of the index of sessions cannot be decoded');
}

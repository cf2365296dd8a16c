import { SessionError, type Revision, type StoredRecord } from '@agent-sessions/session-core/store';
import { readChunks } from './chunks';
import { corruptRow } from '../table/errors';
import { LOG, logFrom, logKey } from '../table/rowKeys';
import type { StoredRow } from '../table/rowMapping';
import type { QueryOptions, SessionRows } from '../table/sessionRows';
import { admits } from './counts';
import { PageLimits } from './pageLimits';
import { liveAt, revisionOf, type CommitRow, type Row } from './rows';

export interface Log {
  /** The newest row; undefined where there is none. */
  readonly newest: Row | undefined;
  /** Oldest first. */
  readonly records: readonly StoredRecord[];
  readonly operations: ReadonlyMap<string, string>;
  /** The known revision, where the records are those that were appended after it, and nothing else was done since. */
  readonly after?: Revision;
}

export interface LogOptions {
  readonly now: number;
  /** How many of the newest records; default all. */
  readonly last?: number | undefined;
  /** Reads the operations too: back to where the log begins, whatever `last` is. */
  readonly operations?: boolean | undefined;
}

/** A revision up to which the history is known. */
export interface Known {
  readonly revision: Revision;
  /** That of the row that made it. */
  readonly version: number;
  /** What the row tells that comes next. */
  readonly follows: string;
  /** The version of the first row to be read: that one, the next, or one that carries the revision on. */
  readonly from: number;
}

/** The newest row as it is stored, without its content; undefined where there is none. */
export async function readNewest(rows: SessionRows): Promise<StoredRow | undefined> {
  const { value } = await rows.query(LOG, { newestFirst: true, nextLimit: () => 1, extent: 'header' }).next();
  return value ?? undefined;
}

/**
 * The log as of one moment. What rows say never changes while they are part of the log, so reading them newest first gives a
 * snapshot, unless a clean-up takes some away meanwhile: then there is a newer row, and it reads again.
 *
 * @throws `STORE_FAILURE` when rows are missing for good, `CORRUPT_RECORD`, `STORE_MISCONFIGURED`, `UNSUPPORTED_FORMAT`
 */
export async function readLog(rows: SessionRows, options: LogOptions): Promise<Log> {
  let before: string | undefined;
  for (;;) {
    const { newest, log } = await readOnce(rows, options);
    if (log) return log;
    if (newest?.idempotencyKey === before) {
      throw new SessionError('STORE_FAILURE', 'rows of the session are missing: somebody else deleted them');
    }
    before = newest?.idempotencyKey;
    rows.noteRetry();
  }
}

/**
 * Without `log` when a row is missing.
 *
 * @param options.known - then only the rows from there on are read: without `log` too where they do not tell all that is new
 */
export async function readOnce(
  rows: SessionRows,
  {
    now,
    last = Infinity,
    operations: withOperations = false,
    known,
  }: LogOptions & { readonly known?: Known },
): Promise<{ newest: Row | undefined; log?: Log }> {
  const newestFirst: (readonly StoredRecord[])[] = [];
  const operations = new Map<string, string>();
  let newest: Row | undefined;
  let live: CommitRow | undefined;
  let next = 0;
  let wanted = 0;
  let dropped = 0;
  /** How many records of the history are in the rows that come. */
  let rest = 0;
  const logSoFar = (): Log => ({ newest, records: newestFirst.reverse().flat(), operations });
  const limits = last === Infinity || withOperations ? undefined : new PageLimits();
  const query: QueryOptions = {
    newestFirst: true,
    nextLimit: limits && (() => limits.next()),
    extent: last === 0 ? 'header and operations' : 'all',
  };

  for await (const stored of rows.query(known ? logFrom(known.from) : LOG, query)) {
    const row = stored.row();
    if (newest === undefined) {
      newest = row;
      live = liveAt(now, row);
      next = row.version;
      rest = live?.length ?? 0;
      wanted = Math.min(last, rest);
    }
    if (live === undefined) return { newest, log: logSoFar() };
    if (row.kind !== 'commit' || row.version !== next) return { newest };
    if (known && dropped === 0 && revisionOf(row) === known.revision) {
      return { newest, log: { ...logSoFar(), after: known.revision } };
    }

    const inline = stored.content();
    const count = row.chunks?.records ?? inline.records.length;
    // Without its records, nothing is known of their number.
    if (last > 0) assertLength(row, count, rest, dropped);
    const kept = Math.max(0, count - dropped);
    // A read of all looks at the row before the last one that it needs: only that confirms that there are no more records.
    const isConfirmed = rest === 0 || last < live.length;
    const taken = Math.min(kept, wanted);
    const needsContent = taken > 0 || (withOperations && carriesOperations(row));
    const content = row.chunks && needsContent ? await readChunks(rows, row.chunks) : inline;
    if (content === undefined) return { newest };
    newestFirst.push(content.records.slice(kept - taken, kept));
    for (const [id, fingerprint] of content.operations) operations.set(id, fingerprint);
    if (row.operation) operations.set(row.operation.id, row.operation.fingerprint);

    wanted -= taken;
    rest -= kept;
    dropped = Math.max(0, dropped - count) + row.drop;
    next -= 1;
    limits?.note(row.counts, last < live.length ? wanted : undefined, dropped);
    const atBase = row.version === live.base;
    if (wanted === 0 && (atBase || (!withOperations && isConfirmed))) return { newest, log: logSoFar() };
    if (atBase) return { newest };
    if (known && dropped === 0 && row.version === known.version + 1 && row.follows === known.follows) {
      return { newest, log: { ...logSoFar(), after: known.revision } };
    }
  }
  return newest === undefined && !known ? { newest, log: logSoFar() } : { newest };
}

/**
 * @param count How many records the row, or its chunks, hold.
 * @param kept How many records of the history are in this row and in those before it, by what newer rows say.
 * @param dropped How many of the newest ones newer rows drop.
 * @throws `CORRUPT_RECORD` where the row says something else: otherwise a damaged number would shorten the history.
 */
function assertLength(row: CommitRow, count: number, kept: number, dropped: number): void {
  const isPossible =
    admits(row.counts, count) && (row.version === row.base ? count === row.length : count <= row.length);
  if (!isPossible || row.length - dropped !== kept) {
    throw corruptRow(logKey(row.version), 'a length that its records, or the rows around it, contradict');
  }
}

/** Whether the row began the log anew after operations, so that it holds them. */
function carriesOperations({ version, base, operation, operationCount }: CommitRow): boolean {
  return version === base && operationCount > (operation ? 1 : 0);
}

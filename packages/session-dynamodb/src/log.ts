import { SessionError, type StoredRecord } from '@agent-sessions/session-core/store';
import type { Partition, QueryOptions } from './partition';
import { readParts } from './parts';
import {
  assertLength,
  HEADER,
  inlineContent,
  liveAt,
  toRow,
  type CommitRow,
  type Item,
  type Row,
} from './rows';

export interface Log {
  /** The newest row; undefined where there is none. */
  readonly head: Row | undefined;
  /** Oldest first. */
  readonly records: readonly StoredRecord[];
  readonly operations: ReadonlyMap<string, string>;
}

export interface LogOptions {
  readonly now: number;
  /** How many of the newest records; default all. */
  readonly last?: number | undefined;
  /** Reads the operations too: back to where the log begins, whatever `last` is. */
  readonly operations?: boolean | undefined;
}

/** A page has at most 1 MB anyway. */
const LARGEST_LIMIT = 1_000;

const VERSIONS = { from: 1, to: Number.MAX_SAFE_INTEGER, newestFirst: true };

/** The newest row as it is stored, without its content; undefined where there is none. */
export async function readHead(partition: Partition): Promise<Item | undefined> {
  const { value } = await partition.query({ ...VERSIONS, limit: 1, attributes: HEADER }).next();
  return value ?? undefined;
}

/**
 * The log as of one moment. Rows never change, so reading them newest first gives a snapshot, unless a clean-up takes
 * some away meanwhile: then there is a newer head, and it reads again.
 *
 * @throws `STORE_FAILURE` when rows are missing for good, `CORRUPT_RECORD`, `STORE_MISCONFIGURED`, `UNSUPPORTED_FORMAT`
 */
export async function readLog(partition: Partition, options: LogOptions): Promise<Log> {
  let before: string | undefined;
  for (;;) {
    const { head, log } = await tryRead(partition, options);
    if (log) return log;
    if (head?.commit === before) {
      throw new SessionError('STORE_FAILURE', 'rows of the session are missing: somebody else deleted them');
    }
    before = head?.commit;
  }
}

/** Without `log` when a row is missing. */
async function tryRead(
  partition: Partition,
  { now, last = Infinity, operations: withOperations = false }: LogOptions,
): Promise<{ head: Row | undefined; log?: Log }> {
  const newestFirst: (readonly StoredRecord[])[] = [];
  const operations = new Map<string, string>();
  let head: Row | undefined;
  let live: CommitRow | undefined;
  let next = 0;
  let wanted = 0;
  let dropped = 0;
  /** How many records of the history are in the rows that come. */
  let rest = 0;
  const logSoFar = (): Log => ({ head, records: newestFirst.reverse().flat(), operations });

  for await (const item of partition.query(pages(last, withOperations))) {
    const row = toRow(partition.keys, item);
    if (head === undefined) {
      head = row;
      live = liveAt(now, row);
      next = row.version;
      rest = live?.length ?? 0;
      wanted = Math.min(last, rest);
    }
    if (live === undefined) return { head, log: logSoFar() };
    if (row.kind !== 'commit' || row.version !== next) return { head };

    const inline = inlineContent(partition.keys, item);
    const count = row.parts?.records ?? inline.records.length;
    // Without its records, nothing is known of their number.
    if (last > 0) assertLength(row, count, rest, dropped);
    const kept = Math.max(0, count - dropped);
    // Where all was wanted, one row more tells whether it was all.
    const isConfirmed = rest === 0 || last < live.length;
    const taken = Math.min(kept, wanted);
    const needsContent = taken > 0 || (withOperations && carriesOperations(row));
    const content = row.parts && needsContent ? await readParts(partition, row.parts) : inline;
    if (content === undefined) return { head };
    newestFirst.push(content.records.slice(kept - taken, kept));
    for (const [id, fingerprint] of content.operations) operations.set(id, fingerprint);
    if (row.operation) operations.set(row.operation.id, row.operation.fingerprint);

    wanted -= taken;
    rest -= kept;
    dropped = Math.max(0, dropped - count) + row.drop;
    next -= 1;
    const atBase = row.version === live.base;
    if (wanted === 0 && (atBase || (!withOperations && isConfirmed))) return { head, log: logSoFar() };
    if (atBase) return { head };
  }
  return head === undefined ? { head, log: logSoFar() } : { head };
}

/** Whether the row began the log anew after operations, so that it holds them. */
function carriesOperations({ version, base, operation, operationCount }: CommitRow): boolean {
  return version === base && operationCount > (operation ? 1 : 0);
}

function pages(last: number, withOperations: boolean): QueryOptions {
  return {
    ...VERSIONS,
    limit: last <= LARGEST_LIMIT && !withOperations ? last : undefined,
    attributes: last === 0 ? [...HEADER, 'operations'] : undefined,
  };
}

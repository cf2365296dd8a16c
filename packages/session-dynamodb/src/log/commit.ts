import { SessionError, type CommitResult } from '@agent-sessions/session-core/store';
import { ChunkedContent } from './chunks';
import { cleanUp } from '../keeping/cleanUp';
import { tombstoneFor, type ExpiryPolicy } from '../keeping/expiry';
import { chunkSetsInUse, renew, setMissingTtl } from '../keeping/renew';
import { contention } from '../table/errors';
import type { SessionRows } from '../table/sessionRows';
import { byteLength, MOST_INLINE_BYTES, type Content } from './content';
import { nextStep, type Change, type LogEnd, type Put, type Renew } from './nextStep';
import { readLog, readNewest } from './read';
import { revisionMadeBy, revisionOf, type CommitRow, type Row } from './rows';

/** How a commit ended. */
export interface Landed {
  readonly result: CommitResult;
  /** The row as it landed; undefined where none did, or its content is gone again. */
  readonly row?: CommitRow;
  /** What is left to do once the result is certain, and the next commit makes up for. Returns the row as it is then. */
  readonly tidy?: (rows: SessionRows) => Promise<CommitRow>;
}

/** A row to put, with its content inside, or in chunks that are written first. */
interface Plan extends Pick<Put, 'row' | 'leavesRows' | 'laterTtl'> {
  readonly inline: Content | undefined;
  readonly chunked: ChunkedContent | undefined;
}

/** How many versions, one after the other, are tried before looking for the end. */
const TRIES_UNSEEN = 2;
/** More, where looking for the end means to read the operations again, that is the whole log: others could be faster each time. */
const TRIES_WITH_OPERATIONS = 16;

/** One commit, over all its tries. */
export class Commit {
  readonly #change: Change;
  readonly #policy: ExpiryPolicy;
  readonly #now: () => number;
  #end: LogEnd | undefined;
  /** What this commit appends. Its chunks serve at any version, unlike those of a log that begins anew. */
  #ownChunked: ChunkedContent | undefined;

  /** @param end Where the log ends, seen so recently that the next row may be put without looking again. */
  constructor(change: Change, policy: ExpiryPolicy, now: () => number, end: LogEnd | undefined) {
    this.#change = change;
    this.#policy = policy;
    this.#now = now;
    this.#end = end;
  }

  /** @throws `CONTENTION`: then it may be called again. */
  async attempt(rows: SessionRows): Promise<Landed> {
    try {
      return await this.#attempt(rows);
    } catch (error) {
      this.#end = undefined;
      throw error;
    }
  }

  async #attempt(rows: SessionRows): Promise<Landed> {
    for (let tries = 0; tries < (this.#end?.operations ? TRIES_WITH_OPERATIONS : TRIES_UNSEEN); tries++) {
      const plan = await this.#next(rows);
      if ('status' in plan) {
        if (plan.status !== 'committed') await this.#ownChunked?.delete(rows);
        return { result: plan };
      }
      if (tries > 0) rows.noteRetry();
      await plan.chunked?.write(rows);
      const there = await rows.putNew(plan.row, plan.inline);
      if (!there) return this.#landed(plan.row, plan);
      if (there.idempotencyKey === this.#change.idempotencyKey) return this.#landed(there.row(), plan);
      this.#end = follow(this.#end, there.row());
      if (plan.chunked !== this.#ownChunked) await plan.chunked?.delete(rows);
    }
    throw contention();
  }

  #landed(row: Row, { leavesRows, laterTtl }: Plan): Landed {
    if (row.kind === 'tombstone') return { result: { status: 'committed', revision: revisionMadeBy(row) } };
    const landed = { result: { status: 'committed', revision: revisionOf(row) }, row } as const;
    if (!leavesRows && laterTtl === undefined) return landed;
    return {
      ...landed,
      tidy: async (rows) => {
        const setsInUse = row.version === row.base ? undefined : await chunkSetsInUse(rows, row);
        await cleanUp(rows, row.base, this.#now(), setsInUse);
        return laterTtl === undefined ? row : setMissingTtl(rows, row, laterTtl);
      },
    };
  }

  async #next(rows: SessionRows): Promise<Plan | CommitResult> {
    for (;;) {
      const now = this.#now();
      this.#end ??= { row: (await readNewest(rows))?.row(), isNewest: true };
      const { row, isNewest } = this.#end;
      const tombstone = row && tombstoneFor(row, now);
      if (tombstone) {
        // A later row may have extended the session: then this one is still needed.
        const isReplaced = isNewest && (await rows.replace(tombstone));
        this.#end = isReplaced ? { row: tombstone, isNewest } : undefined;
        continue;
      }
      const next = nextStep(this.#change, this.#end, now, this.#policy);
      if (next.step === 'put') return this.#planned(rows, next);
      if (next.step === 'renew') {
        const logTtl = await this.#renew(rows, next);
        this.#end = { ...this.#end, isNewest: false, logTtl, isRenewed: true };
        continue;
      }
      if (next.step === 'end') {
        if (isNewest || next.result.status === 'committed') return next.result;
        this.#end = undefined;
        continue;
      }
      const { last, operations } = next.options;
      const log = await readLog(rows, { now, last, operations });
      this.#end = {
        row: log.newest,
        isNewest: true,
        records: last === undefined ? log.records : undefined,
        operations: operations ? log.operations : undefined,
      };
    }
  }

  async #renew(rows: SessionRows, { live, renewal }: Renew): Promise<number | undefined> {
    try {
      return (await renew(rows, live, renewal))?.logTtl;
    } catch (error) {
      // Where rows are gone because somebody else deleted them, reading says so.
      if (SessionError.is(error, 'CONTENTION')) {
        await readLog(rows, { now: this.#now(), last: 0, operations: true });
      }
      throw error;
    }
  }

  #planned({ keyBytes }: SessionRows, { row, content, leavesRows, laterTtl }: Put): Plan {
    if (byteLength(content) + keyBytes <= MOST_INLINE_BYTES) {
      return { row, inline: content, chunked: undefined, leavesRows, laterTtl };
    }
    const isOwn = content.records === this.#change.append && content.operations.size === 0;
    const own = isOwn && this.#ownChunked?.outlasts(row.ttl) ? this.#ownChunked : undefined;
    const chunked = own ?? new ChunkedContent(content, row.createdAt, row.ttl);
    if (isOwn) this.#ownChunked = chunked;
    const chunks = { ...chunked.chunks, records: content.records.length };
    return { row: { ...row, chunks }, inline: undefined, chunked, leavesRows, laterTtl };
  }
}

/** Where the log ends by a row that was in the way; it may not be the newest. What was known still holds where the log goes on. */
function follow(end: LogEnd | undefined, row: Row): LogEnd {
  const next = { row, isNewest: false };
  if (end?.row?.kind !== 'commit' || row.kind !== 'commit' || row.base !== end.row.base) return next;
  return { ...next, logTtl: logTtlUpTo(end, row), operations: operationsUpTo(end, row) };
}

function logTtlUpTo(end: LogEnd, { ttl, logTtl }: CommitRow): number | undefined {
  // The writer of a row without a ttl but with a log ttl is about to set the ttl of that row, and of rows before it that
  // have none: what they will be is not known.
  if (end.logTtl === undefined || (ttl === undefined && logTtl !== undefined)) return undefined;
  return Math.min(end.logTtl, ttl ?? Infinity);
}

function operationsUpTo(
  end: LogEnd,
  { operation, operationCount }: CommitRow,
): ReadonlyMap<string, string> | undefined {
  if (end.operations === undefined) return undefined;
  const operations = new Map(end.operations);
  if (operation) operations.set(operation.id, operation.fingerprint);
  return operationCount === operations.size ? operations : undefined;
}

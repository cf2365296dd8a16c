import { NO_HISTORY, type HistoryOperation, type Revision } from '@agent-sessions/session-core/store';
import type { ChunkSet } from '../table/rowKeys';

interface RowBase {
  readonly version: number;
  /** The id of the commit that put the row: by it, a retry recognises that an earlier try of it has landed. */
  readonly idempotencyKey: string;
  /** Milliseconds since the epoch, as all times in rows but their ttls. */
  readonly createdAt: number;
  /** From when DynamoDB may delete the row, in seconds since the epoch; undefined: never. */
  readonly ttl: number | undefined;
}

/** A row without content, which says that nothing before it counts. `clear` puts one; a clean-up leaves them behind. */
export interface Tombstone extends RowBase {
  readonly kind: 'tombstone';
}

/** The row of a commit, without its content. */
export interface CommitRow extends RowBase {
  readonly kind: 'commit';
  /** The version where the live log begins. */
  readonly base: number;
  /** How many records the session has after this commit. */
  readonly length: number;
  /** What the records of the live log take, in bytes, those that were dropped included. */
  readonly logBytes: number;
  /** How many records this row and those before it append and drop: see counts.ts. */
  readonly counts: string;
  /** A digest of the idempotency key of the row before it; undefined where this row begins the log. */
  readonly follows: string | undefined;
  /** How many of the records before it this commit drops. */
  readonly drop: number;
  readonly operation: HistoryOperation | undefined;
  /** How many operations the session has had, this one included. */
  readonly operationCount: number;
  /** When the session began. */
  readonly beganAt: number;
  /** When the session expires, unless a later row says otherwise; undefined: never. */
  readonly expiresAt: number | undefined;
  /** The smallest ttl of the live log, in seconds: from then on, rows that are still needed may vanish. */
  readonly logTtl: number | undefined;
  /** Where the content is that does not fit the row, and how many records that is. */
  readonly chunks: (ChunkSet & { readonly records: number }) | undefined;
  /** In a row that only extends the session: the revision that it leaves as it was. All other rows make one. */
  readonly carriedRevision: Revision | undefined;
  /** In such a row: when the session was last written. */
  readonly writtenAt: number | undefined;
}

export type Row = CommitRow | Tombstone;

/** A slice of content that does not fit the row of its commit. */
export interface Chunk {
  readonly kind: 'chunk';
  readonly key: string;
  readonly bytes: Uint8Array;
  /** As that of a row. */
  readonly ttl: number | undefined;
}

/** The newest row as far as a reader at time `now` is concerned: undefined where the session is empty. */
export function liveAt(now: number, row: Row | undefined): CommitRow | undefined {
  if (row?.kind !== 'commit') return undefined;
  return row.expiresAt !== undefined && row.expiresAt <= now ? undefined : row;
}

export function revisionOf(live: CommitRow | undefined): Revision {
  return live ? (live.carriedRevision ?? revisionMadeBy(live)) : NO_HISTORY;
}

/** The revision that the commit of this row made. */
export function revisionMadeBy({ version, idempotencyKey }: RowBase): Revision {
  return `${version}.${idempotencyKey}`;
}

/** The row that made a revision, by what the revision tells; undefined for one that no row makes. */
export function parseRevision(revision: Revision): Pick<RowBase, 'version' | 'idempotencyKey'> | undefined {
  const [, digits, idempotencyKey = ''] = /^([1-9]\d{0,11})\.(.+)$/s.exec(revision) ?? [];
  return digits === undefined ? undefined : { version: Number(digits), idempotencyKey };
}

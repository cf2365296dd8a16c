import type { CommitResult, HistoryChange, StoredRecord } from '@agent-sessions/session-core/store';
import {
  isAllGone,
  isExtensionDue,
  lifetime,
  renewalFor,
  ttlAfter,
  type ExpiryPolicy,
  type Renewal,
} from '../keeping/expiry';
import { bytesOf, MOST_INLINE_BYTES, type Content } from './content';
import { countsOf, digestOf } from './counts';
import type { LogOptions } from './read';
import { liveAt, revisionMadeBy, revisionOf, type CommitRow, type Row } from './rows';

/** What a commit does. */
export interface Change extends HistoryChange {
  /** Whether it is a read's: it extends the session where that is due, and changes nothing else. */
  readonly isExtension?: boolean;
}

/** Where a writer takes the log to end, and what it knows of the log up to there. */
export interface LogEnd {
  /** The row to put the next one after; undefined where there is none. */
  readonly row: Row | undefined;
  /** Whether there was no newer row when it was read. Otherwise only a put that succeeds tells. */
  readonly isNewest: boolean;
  readonly records?: readonly StoredRecord[] | undefined;
  readonly operations?: ReadonlyMap<string, string> | undefined;
  /** The smallest ttl of the live log, in seconds, where it is larger than the row tells because rows were renewed since. */
  readonly logTtl?: number | undefined;
  /** Whether this call has renewed a part of the log already, as much as it does where nothing requires more. */
  readonly isRenewed?: boolean | undefined;
}

export type Step =
  /** The change is in already, or refused. */
  | { readonly step: 'end'; readonly result: CommitResult }
  /** To decide, this must be read. */
  | { readonly step: 'read'; readonly options: Pick<LogOptions, 'last' | 'operations'> }
  | Renew
  | Put;

/** First the rows of the live log must be given more time. */
export interface Renew {
  readonly step: 'renew';
  /** The newest of them. */
  readonly live: CommitRow;
  readonly renewal: Renewal;
}

export interface Put {
  readonly step: 'put';
  /** Without chunks. */
  readonly row: CommitRow;
  readonly content: Content;
  /** Whether rows with content are left before the log that a clean-up must take; those that a renewal leaves go by their ttl. */
  readonly leavesRows: boolean;
  /** The ttl to set afterwards, of this row and of rows before it without one: once no row before it can be the newest again. */
  readonly laterTtl: number | undefined;
}

const NO_OPERATIONS: ReadonlyMap<string, string> = new Map();
const READ_OPERATIONS = { step: 'read', options: { last: 0, operations: true } } as const;

/** What to do so that `change` comes next after `end`. */
export function nextStep(change: Change, end: LogEnd, now: number, policy: ExpiryPolicy): Step {
  const { row, records, operations } = end;
  const { idempotencyKey: id, append, operation, isExtension = false } = change;
  if (row?.idempotencyKey === id) return finished({ status: 'committed', revision: revisionMadeBy(row) });

  const live = liveAt(now, row);
  const revision = revisionOf(live);
  if (isExtension && !isExtensionDue(live, now, policy)) return finished({ status: 'conflict' });
  const hasOperations = live !== undefined && live.operationCount > 0;
  if (operation && hasOperations) {
    if (!operations) return READ_OPERATIONS;
    const fingerprint = operations.get(operation.id);
    if (fingerprint === operation.fingerprint) return finished({ status: 'repeated', revision });
    if (fingerprint !== undefined) return finished({ status: 'operation-mismatch' });
  }
  if (change.ifRevision !== undefined && change.ifRevision !== revision) {
    return finished({ status: 'conflict' });
  }

  const length = live?.length ?? 0;
  const drop = change.drop === 'all' ? length : Math.min(change.drop ?? 0, length);
  const empties = change.drop === 'all' || (drop > 0 && drop === length);
  const goesOn = live !== undefined && !empties;
  const life = lifetime(now, live, policy);
  const logTtl = end.logTtl ?? live?.logTtl;
  const renewal = goesOn ? renewalFor(logTtl, life) : undefined;
  const size = bytesOf(append);
  const fitsOneRow = (live?.logBytes ?? 0) + size <= MOST_INLINE_BYTES;
  const rewrites = renewal?.isRequired === true && fitsOneRow;
  if (rewrites && !records) return { step: 'read', options: { operations: hasOperations } };
  if (live && renewal && !fitsOneRow && (renewal.isRequired || !end.isRenewed)) {
    return { step: 'renew', live, renewal };
  }
  const beginsLog = !goesOn || rewrites;
  if (beginsLog && hasOperations && !operations) return READ_OPERATIONS;

  const version = (row?.version ?? 0) + 1;
  const ttl = ttlAfter(row, life.ttl);
  const kept = rewrites && records ? records.slice(0, length - drop) : [];
  return {
    step: 'put',
    row: {
      kind: 'commit',
      version,
      idempotencyKey: id,
      createdAt: now,
      ttl,
      base: beginsLog ? version : live.base,
      length: length - drop + append.length,
      logBytes: beginsLog ? bytesOf(kept) + size : live.logBytes + size,
      counts: beginsLog
        ? countsOf({ appended: kept.length + append.length, dropped: 0 }, undefined)
        : countsOf({ appended: append.length, dropped: drop }, row),
      follows: beginsLog ? undefined : digestOf(live.idempotencyKey),
      drop: beginsLog ? 0 : drop,
      operation,
      operationCount: (live?.operationCount ?? 0) + (operation ? 1 : 0),
      beganAt: live?.beganAt ?? now,
      expiresAt: life.expiresAt,
      logTtl: beginsLog ? life.ttl : smaller(logTtl, life.ttl),
      chunks: undefined,
      carriedRevision: isExtension ? revision : undefined,
      writtenAt: isExtension ? (live?.writtenAt ?? live?.createdAt) : undefined,
    },
    content: {
      records: kept.length > 0 ? [...kept, ...append] : append,
      operations: (beginsLog && live && operations) || NO_OPERATIONS,
    },
    leavesRows: !goesOn && !isAllGone(row),
    laterTtl: ttl === undefined ? life.ttl : undefined,
  };
}

function finished(result: CommitResult): Step {
  return { step: 'end', result };
}

function smaller(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined ? right : Math.min(left, right ?? left);
}

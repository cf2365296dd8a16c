import type { CommitResult, HistoryChange, StoredRecord } from '@agent-sessions/session-core/store';
import { isClean, isTouchDue, lifetime, renewalFor, ttlBehind, type Refresh, type Renewal } from './expiry';
import type { LogOptions } from './log';
import {
  bytesOf,
  liveAt,
  MOST_INLINE_BYTES,
  revisionMadeBy,
  revisionOf,
  type CommitRow,
  type Content,
  type Row,
} from './rows';

/** What a commit does; or a touch, that extends the session where that is due, and changes nothing else. */
export interface Change extends HistoryChange {
  readonly isTouch?: boolean;
}

/** A row to put the next one behind, undefined where there is none, and what else is known of the log up to there. */
export interface Head {
  readonly row: Row | undefined;
  /** Whether there was no newer row when it was read. Otherwise only a put that succeeds tells. */
  readonly isNewest: boolean;
  readonly records?: readonly StoredRecord[] | undefined;
  readonly operations?: ReadonlyMap<string, string> | undefined;
  /** Until when all rows of the live log stay, in seconds, where that is longer than the row tells: they were renewed. */
  readonly heldUntil?: number | undefined;
  /** Whether as much was renewed as one call does unless it has to. */
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
  /** Without parts. */
  readonly row: CommitRow;
  readonly content: Content;
  /** Whether rows with content are left in front of where the log begins. */
  readonly leavesRows: boolean;
  /** The ttl that the row, and those in front of it that have none, get once nothing in front of them can come back. */
  readonly laterTtl: number | undefined;
}

const NO_OPERATIONS: ReadonlyMap<string, string> = new Map();
const READ_OPERATIONS = { step: 'read', options: { last: 0, operations: true } } as const;

/** What to do so that `change` comes next behind `head`. */
export function nextStep(change: Change, head: Head, now: number, refresh: Refresh): Step {
  const { row, records, operations } = head;
  const { idempotencyKey: id, append, operation, isTouch = false } = change;
  if (row?.commit === id) return end({ status: 'committed', revision: revisionMadeBy(row) });

  const live = liveAt(now, row);
  const revision = revisionOf(live);
  if (isTouch && !isTouchDue(live, now, refresh)) return end({ status: 'conflict' });
  const hasOperations = live !== undefined && live.operationCount > 0;
  if (operation && hasOperations) {
    if (!operations) return READ_OPERATIONS;
    const fingerprint = operations.get(operation.id);
    if (fingerprint === operation.fingerprint) return end({ status: 'repeated', revision });
    if (fingerprint !== undefined) return end({ status: 'operation-mismatch' });
  }
  if (change.ifRevision !== undefined && change.ifRevision !== revision) return end({ status: 'conflict' });

  const length = live?.length ?? 0;
  const drop = change.drop === 'all' ? length : Math.min(change.drop ?? 0, length);
  const empties = change.drop === 'all' || (drop > 0 && drop === length);
  const goesOn = live !== undefined && !empties;
  const life = lifetime(now, live, refresh);
  const heldUntil = head.heldUntil ?? live?.minTtl;
  const renewal = goesOn ? renewalFor(heldUntil, life) : undefined;
  const size = bytesOf(append);
  const fitsOneRow = (live?.logBytes ?? 0) + size <= MOST_INLINE_BYTES;
  const folds = renewal?.isRequired === true && fitsOneRow;
  if (folds && !records) return { step: 'read', options: { operations: hasOperations } };
  if (live && renewal && !fitsOneRow && (renewal.isRequired || !head.isRenewed)) {
    return { step: 'renew', live, renewal };
  }
  const restarts = !goesOn || folds;
  if (restarts && hasOperations && !operations) return READ_OPERATIONS;

  const version = (row?.version ?? 0) + 1;
  const ttl = ttlBehind(row, life.ttl);
  const kept = folds && records ? records.slice(0, length - drop) : [];
  return {
    step: 'put',
    row: {
      kind: 'commit',
      version,
      commit: id,
      createdAt: now,
      ttl,
      base: restarts ? version : live.base,
      length: length - drop + append.length,
      logBytes: restarts ? bytesOf(kept) + size : live.logBytes + size,
      drop: restarts ? 0 : drop,
      operation,
      operationCount: (live?.operationCount ?? 0) + (operation ? 1 : 0),
      expiresAt: life.expiresAt,
      minTtl: restarts ? life.ttl : smaller(heldUntil, life.ttl),
      parts: undefined,
      keeps: isTouch ? revision : undefined,
    },
    content: {
      records: kept.length > 0 ? [...kept, ...append] : append,
      operations: (restarts && live && operations) || NO_OPERATIONS,
    },
    leavesRows: !goesOn && !isClean(row),
    laterTtl: ttl === undefined ? life.ttl : undefined,
  };
}

function end(result: CommitResult): Step {
  return { step: 'end', result };
}

function smaller(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined ? right : Math.min(left, right ?? left);
}

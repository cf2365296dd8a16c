import type { CommitResult, HistoryChange, StoredRecord } from '@agent-sessions/session-core';
import {
  inheritedTtl,
  isClean,
  isTouchDue,
  lifetime,
  mustRewrite,
  type Lifetime,
  type Refresh,
} from './expiry';
import type { LogOptions } from './log';
import { liveAt, revisionMadeBy, revisionOf, type CommitRow, type Content, type Row } from './rows';

/** What a commit does; or a touch, that puts the expiry off where that is due, and changes nothing else. */
export interface Change extends HistoryChange {
  readonly isTouch?: boolean;
}

/** A row to put the next one behind, undefined where there is none, and what was read along with it. */
export interface Head {
  readonly row: Row | undefined;
  /** Whether there was no newer row when it was read. Otherwise only a put that succeeds tells. */
  readonly isNewest: boolean;
  readonly records?: readonly StoredRecord[] | undefined;
  readonly operations?: ReadonlyMap<string, string> | undefined;
}

export type Step =
  /** The change is in already, or refused. */
  | { readonly step: 'end'; readonly result: CommitResult }
  /** To decide, this must be read. */
  | { readonly step: 'read'; readonly options: Pick<LogOptions, 'last' | 'operations'> }
  | Put;

export interface Put {
  readonly step: 'put';
  /** Without parts. */
  readonly row: CommitRow;
  readonly content: Content;
  /** Without regard to what is in front of it. */
  readonly lifetime: Lifetime;
  /** Whether rows with content are left in front of it. */
  readonly cleansUp: boolean;
}

const NO_OPERATIONS: ReadonlyMap<string, string> = new Map();

/** What to do so that `change` comes next behind `head`. */
export function nextStep(change: Change, head: Head, now: number, refresh: Refresh): Step {
  const { row, records, operations } = head;
  const { id, append, operation, isTouch = false } = change;
  if (row?.commit === id) return end({ status: 'committed', revision: revisionMadeBy(row) });

  const live = liveAt(now, row);
  const revision = revisionOf(live);
  if (isTouch && !isTouchDue(live, now, refresh)) return end({ status: 'conflict' });
  const hasOperations = live !== undefined && live.operationCount > 0;
  if (operation && hasOperations) {
    if (!operations) return { step: 'read', options: { last: 0, operations: true } };
    const fingerprint = operations.get(operation.id);
    if (fingerprint === operation.fingerprint) return end({ status: 'repeated', revision });
    if (fingerprint !== undefined) return end({ status: 'operation-mismatch' });
  }
  if (change.ifRevision !== undefined && change.ifRevision !== revision) return end({ status: 'conflict' });

  const length = live?.length ?? 0;
  const drop = change.drop === 'all' ? length : Math.min(change.drop ?? 0, length);
  const empties = change.drop === 'all' || (drop > 0 && drop === length);
  const life = lifetime(now, live, refresh);
  const rewrites = live !== undefined && !empties && mustRewrite(live, life);
  const restarts = live === undefined || empties || rewrites;
  if (rewrites && !records) return { step: 'read', options: { operations: hasOperations } };
  if (restarts && hasOperations && !operations)
    return { step: 'read', options: { last: 0, operations: true } };

  const version = (row?.version ?? 0) + 1;
  const kept = rewrites && records ? records.slice(0, length - drop) : [];
  return {
    step: 'put',
    row: {
      kind: 'commit',
      version,
      commit: id,
      createdAt: now,
      ttl: inheritedTtl(row, life.ttl),
      base: restarts ? version : live.base,
      length: length - drop + append.length,
      drop: restarts ? 0 : drop,
      operation,
      operationCount: (live?.operationCount ?? 0) + (operation ? 1 : 0),
      expiresAt: life.expiresAt,
      minTtl: restarts ? life.ttl : smaller(live.minTtl, life.ttl),
      parts: undefined,
      keeps: isTouch ? revision : undefined,
    },
    content: {
      records: kept.length > 0 ? [...kept, ...append] : append,
      operations: restarts && live && operations ? operations : NO_OPERATIONS,
    },
    lifetime: life,
    cleansUp: restarts && !isClean(row),
  };
}

function end(result: CommitResult): Step {
  return { step: 'end', result };
}

function smaller(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined ? right : Math.min(left, right ?? left);
}

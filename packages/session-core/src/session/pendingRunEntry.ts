import { isPlainObject } from '../arguments/isPlainObject';
import type { Revision } from '../store/sessionStore';
import type { SessionIndexing } from './indexOptions';
import { assertSessionId } from './sessionId';
import { isTime } from './storedTime';

/** What the list of pending runs tells of one. */
export interface PendingRunEntry {
  readonly id: string;
  readonly sessionId: string;
  /** The state of the history that the run saw. */
  readonly revision: Revision;
  /** Of the session object that saved it: whoever takes the run may belong to another owner. */
  readonly index?: SessionIndexing | undefined;
  /** Milliseconds since the epoch, as `until`. */
  readonly savedAt: number;
  readonly schemaVersion: string;
  /**
   * Of the state's text: tells a state that is saved again from another one, and that the state is this run's. It is in a record
   * that is encrypted where the state is, so it needs no key.
   */
  readonly digest: string;
  readonly approvals: readonly ApprovalEntry[];
  readonly lease?: { readonly token: string; readonly until: number } | undefined;
}

export interface ApprovalEntry {
  readonly callId: string;
  readonly toolName: string;
  readonly decision?: { readonly approve: boolean; readonly message?: string | undefined } | undefined;
}

/** Whether what was stored is such a list, of at least one. */
export function arePendingRunEntries(value: unknown): value is readonly PendingRunEntry[] {
  return Array.isArray(value) && value.length > 0 && value.every(isEntry);
}

function isEntry(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { id, sessionId, revision, index, savedAt, schemaVersion, digest, approvals, lease } = value;
  return (
    [id, revision, schemaVersion, digest].every(isString) &&
    isSessionId(sessionId) &&
    (index === undefined || isIndexing(index)) &&
    isTime(savedAt) &&
    Array.isArray(approvals) &&
    approvals.every(isApproval) &&
    (lease === undefined || (isPlainObject(lease) && isString(lease['token']) && isTime(lease['until'])))
  );
}

function isIndexing(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { owner } = value;
  return owner === undefined || isString(owner);
}

function isApproval(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { callId, toolName, decision } = value;
  return isString(callId) && isString(toolName) && (decision === undefined || isDecision(decision));
}

function isDecision(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { approve, message } = value;
  return typeof approve === 'boolean' && (message === undefined || isString(message));
}

function isSessionId(value: unknown): boolean {
  try {
    assertSessionId(value);
    return true;
  } catch {
    return false;
  }
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

import { randomUUID } from 'node:crypto';
import { NO_HISTORY, SessionError, type Revision } from '@agent-sessions/session-core/store';

/** `<format> <began> <revision>`, of which the revision is `<sequence number>.<length of the list>.<idempotency key>`. */
const STATE = /^1 (\d+) (\d+\.(\d+)\.[\w-]+)$/;
const LONGEST_STATE = 128;
const LATER_FORMAT = /^(?!0|1 )(\d{1,3}) /;

/**
 * The revision that the field `state` names; undefined where the list is not what it says, because a key was evicted,
 * deleted or edited.
 *
 * @param state - empty where there is no such field
 * @throws `UNSUPPORTED_FORMAT`
 */
export function revisionIn(state: string, length: number): Revision | undefined {
  if (state === '' && length === 0) return NO_HISTORY;
  const laterFormat = LATER_FORMAT.exec(state)?.[1];
  if (laterFormat !== undefined) throw unsupportedFormat(laterFormat);
  const [, began, revision, stored] = (state.length <= LONGEST_STATE && STATE.exec(state)) || [];
  if (Number(stored) !== length) return undefined;
  return began === '0' ? NO_HISTORY : revision;
}

/** Names a state that nobody can refer to: made up anew each time, so equal to no revision before or after. */
export function unnamedRevision(): Revision {
  return `~${randomUUID()}`;
}

/** The commit that made this revision; undefined for a revision that no commit made. */
export function sequenceNumberOf(revision: Revision | undefined): string | undefined {
  return /^(\d{1,16})\./.exec(revision ?? '')?.[1];
}

export function unsupportedFormat(format: string): SessionError {
  return new SessionError(
    'UNSUPPORTED_FORMAT',
    `a later version of this library stored the session, in format ${format}: this one knows format 1`,
  );
}

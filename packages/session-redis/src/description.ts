import { NO_HISTORY, type SessionDescription } from '@agent-sessions/session-core/store';
import { beganAt, bytesIn, partsOf } from './layout/state';
import type { RawDescription } from './replies';

/** Of a state that is not the list's, because a key was evicted or edited, only what is there tells anything. */
export function toDescription({
  revision,
  state,
  began,
  length,
  remainingMs,
  now,
}: RawDescription): SessionDescription {
  const nothing = { bytes: 0, createdAt: undefined, updatedAt: undefined, expiresAt: undefined };
  // A cleared session's hash stays for a while, with an expiry of its own.
  if (revision === NO_HISTORY) return { items: 0, revision, ...nothing };
  const written = partsOf(revision)?.sequenceNumber;
  return {
    items: length,
    bytes: written === undefined || state === null ? undefined : bytesIn(state),
    revision,
    createdAt: written === undefined ? undefined : toDate(beganAt(began, written)),
    updatedAt: toDate(written),
    expiresAt: remainingMs < 0 ? undefined : new Date(now + remainingMs),
  };
}

/** @param sequenceNumber - a time in microseconds */
function toDate(sequenceNumber: number | undefined): Date | undefined {
  return sequenceNumber === undefined ? undefined : new Date(Math.floor(sequenceNumber / 1_000));
}

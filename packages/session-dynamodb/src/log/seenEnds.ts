import type { Revision } from '@agent-sessions/session-core/store';
import type { LogEnd } from './nextStep';
import { liveAt, revisionOf, type Row } from './rows';

/** Far shorter than rows and tombstones stay to stop a writer that comes late. */
const LIFETIME_MS = 5 * 60_000;
const MOST = 1_000;

/**
 * Remembers, by session and revision, where the store has lately seen logs end. A commit that begins there puts its row
 * without reading first: if others have written since, there is a row in its way.
 */
export class SeenEnds {
  readonly #ends = new Map<string, { readonly row: Row | undefined; readonly at: number }>();

  /** The revision at which each session was seen last. */
  readonly #newest = new Map<string, Revision>();

  /** @param row The newest row, undefined where there is none. @param at A time before it was seen. */
  remember(sessionId: string, row: Row | undefined, at: number): void {
    const revision = revisionOf(liveAt(at, row));
    putLast(this.#ends, keyOf(sessionId, revision), { row, at });
    putLast(this.#newest, sessionId, revision);
  }

  /** Undefined unless the session was seen at this revision lately. It may have expired since. */
  recall(sessionId: string, revision: Revision, now: number): LogEnd | undefined {
    const seen = this.#ends.get(keyOf(sessionId, revision));
    if (!seen || now < seen.at || now >= seen.at + LIFETIME_MS) return undefined;
    return { row: seen.row, isNewest: false };
  }

  /** The same where the session was not seen at a later revision since. */
  recallNewest(sessionId: string, revision: Revision, now: number): LogEnd | undefined {
    return this.#newest.get(sessionId) === revision ? this.recall(sessionId, revision, now) : undefined;
  }
}

function putLast<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST && oldest !== undefined) map.delete(oldest);
}

function keyOf(sessionId: string, revision: Revision): string {
  return `${revision} ${sessionId}`;
}

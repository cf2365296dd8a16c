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

  /** @param row The newest row, undefined where there is none. @param at A time before it was seen. */
  remember(sessionId: string, row: Row | undefined, at: number): void {
    const key = keyOf(sessionId, revisionOf(liveAt(at, row)));
    this.#ends.delete(key);
    this.#ends.set(key, { row, at });
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > MOST && oldest !== undefined) this.#ends.delete(oldest);
  }

  /** Undefined unless the session was seen at this revision lately. It may have expired since. */
  recall(sessionId: string, revision: Revision, now: number): LogEnd | undefined {
    const seen = this.#ends.get(keyOf(sessionId, revision));
    if (!seen || now < seen.at || now >= seen.at + LIFETIME_MS) return undefined;
    return { row: seen.row, isNewest: false };
  }
}

function keyOf(sessionId: string, revision: Revision): string {
  return `${revision} ${sessionId}`;
}

import type { Revision } from '@agent-sessions/session-core/store';
import type { Head } from './nextRow';
import { liveAt, revisionOf, type Row } from './rows';

/** Far shorter than rows and markers stay to stop a writer that comes late. */
const LIFETIME_MS = 5 * 60_000;
const MOST = 1_000;

/**
 * The ends of logs seen lately, by revision. Whoever knows one may put the next row without looking: if the end has moved
 * since, there is a row in the way.
 */
export class SeenHeads {
  readonly #heads = new Map<string, { readonly row: Row | undefined; readonly at: number }>();

  /** @param row The newest row, undefined where there is none. @param at A time before it was seen. */
  remember(sessionId: string, row: Row | undefined, at: number): void {
    const key = keyOf(sessionId, revisionOf(liveAt(at, row)));
    this.#heads.delete(key);
    this.#heads.set(key, { row, at });
    const [oldest] = this.#heads.keys();
    if (this.#heads.size > MOST && oldest !== undefined) this.#heads.delete(oldest);
  }

  /** Undefined unless the session was seen at this revision lately. It may have expired since. */
  recall(sessionId: string, revision: Revision, now: number): Head | undefined {
    const seen = this.#heads.get(keyOf(sessionId, revision));
    if (!seen || now < seen.at || now >= seen.at + LIFETIME_MS) return undefined;
    return { row: seen.row, isNewest: false };
  }
}

function keyOf(sessionId: string, revision: Revision): string {
  return `${revision} ${sessionId}`;
}

import type { Revision, SessionStore } from './sessionStore';

/**
 * A store that can tell of a session without its history: an optional capability. A session on a store without it has no
 * description, and says so.
 */
export interface DescribingStore extends SessionStore {
  /**
   * What there is of a session at the moment of the call, by one small read that changes nothing: it does not extend the
   * session either, whatever `ttlRefresh` says.
   */
  describe(sessionId: string): Promise<SessionDescription>;
}

/** A session without its history. Of one that holds nothing: no items, no bytes, `NO_HISTORY`, no times. */
export interface SessionDescription {
  /** How many items are stored, those that cannot be decoded included. */
  readonly items: number;
  /**
   * What the records take in the database, never less than the bytes of all of them: Redis adds 14 or 15 bytes to each for
   * their time, DynamoDB one. An upper bound on DynamoDB: what was taken off the end counts until the log begins anew.
   * Undefined where nobody knows, because somebody else has changed what is stored.
   */
  readonly bytes: number | undefined;
  /** Names the state that is described; opaque. Equal to that of another description of the session: nothing has changed. */
  readonly revision: Revision;
  /** When the session began: its first write since it was cleared or has expired. Undefined where nobody knows. */
  readonly createdAt: Date | undefined;
  /** When the history was last changed, or an operation noted. Undefined where nobody knows. */
  readonly updatedAt: Date | undefined;
  /** When the session expires, unless it is extended; undefined: never. */
  readonly expiresAt: Date | undefined;
}

export function isDescribing(store: SessionStore): store is DescribingStore {
  return typeof (store as Partial<DescribingStore>).describe === 'function';
}

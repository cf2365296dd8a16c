import type { SessionStore } from './sessionStore';
import type { StoreOptions } from './storeOptions';

/** When sessions expire. */
export type Expiry = Pick<StoreOptions, 'ttlSeconds' | 'ttlRefresh'>;

/**
 * A store whose sessions can expire, and which says when: an optional capability. What belongs to several sessions, such as the
 * index of an owner's, can then be kept for longer than each of them. On a store without it, it is kept as long as a session.
 */
export interface ExpiringStore extends SessionStore {
  /** As the options of this store say. */
  readonly expiry: Expiry;

  /** A store of the same sessions, with the same options but these. */
  withExpiry(expiry: Expiry): SessionStore;
}

export function isExpiring(store: SessionStore): store is ExpiringStore {
  return typeof (store as Partial<ExpiringStore>).withExpiry === 'function';
}

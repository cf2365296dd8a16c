import type { Awaitable } from '../records/recordCodec';
import type { MasterKey } from './masterKey';

/** The keys of one scope, or of all sessions without one. */
export interface ScopeKeys {
  /** Encrypts. */
  readonly newest: MasterKey;
  /** All that decrypt, by tag. */
  readonly byTag: ReadonlyMap<string, MasterKey>;
  readonly digests: MasterKey;
}

/** Where the keys of sessions come from. */
export interface KeySource {
  /**
   * @param isFresh - asks the provider, whatever it said before.
   * @throws `KEYS_UNAVAILABLE`
   */
  ofScope(scope: string | undefined, isFresh?: boolean): Awaitable<ScopeKeys>;
  /**
   * Undefined: there is no such key (any more).
   *
   * @throws `KEYS_UNAVAILABLE`
   */
  byTag(tag: string, scope: string | undefined): Awaitable<MasterKey | undefined>;
}

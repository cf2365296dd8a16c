import { SessionError } from '../store/errors';
import { isExpiring, type Expiry } from '../store/expiringStore';
import { NO_HISTORY, type SessionStore } from '../store/sessionStore';
import { LONGEST_TTL_SECONDS } from '../store/storeOptions';
import { contention, underContention } from './contention';
import type { SessionAddress } from './historyView';
import {
  isRewriteDue,
  newestOf,
  OwnerIndex,
  SHORT_TAIL,
  timeAfter,
  withoutSuperseded,
  type IndexEntry,
  type IndexLog,
} from './ownerIndex';
import { hasDetails, type SessionDetails } from './sessionDetails';
import type { CodecOf } from './sessionCodecs';
import { indexId } from './sessionId';
import { stateOf } from './sessionState';

/** How old an entry may be when its session is written to, in milliseconds: so exact is the order of an index. */
const FRESH_MS = 60_000;

/** For how long an entry outlives its session, in seconds: longer than a call can take and clocks can differ, by far. */
const MARGIN_SECONDS = 86_400;

/** By how much another writer's clock may be ahead, in milliseconds: 7 minutes, and some time on the way. */
const CLOCKS_APART_MS = 480_000;

/** Of how many sessions an object remembers that it has registered them. More than one are there in scopes. */
const MOST_REMEMBERED = 1_000;

/**
 * Keeps the sessions of one session object in the index of their owner.
 *
 * The index lies elsewhere than the session, so the two cannot be written at once. A session is registered before it is
 * written to. So one that is there is listed, and whether an entry has a session is asked when it is listed.
 */
export class Registration {
  readonly #store: SessionStore;
  readonly #owner: string | undefined;
  readonly #codecOf: CodecOf;
  readonly #skipCorrupt: boolean;
  readonly #expiry: Expiry;
  #indexStore: SessionStore | undefined;
  /** By stored id, the time of an entry that is there. */
  readonly #remembered = new Map<string, number>();

  constructor(
    store: SessionStore,
    options: {
      readonly owner: string | undefined;
      readonly codecOf: CodecOf;
      readonly skipCorrupt: boolean;
    },
  ) {
    this.#store = store;
    this.#owner = options.owner;
    this.#codecOf = options.codecOf;
    this.#skipCorrupt = options.skipCorrupt;
    this.#expiry = isExpiring(store) ? store.expiry : {};
  }

  /**
   * Sees to it that the index has an entry of the session that is no older than a minute.
   *
   * @throws `CONTENTION`, and the errors of a read of the index.
   */
  async register(address: SessionAddress): Promise<void> {
    if (this.#isRemembered(address, FRESH_MS)) return;
    const index = this.indexOf(address.scope);
    const at = await underContention(async () => {
      const log = await index.read(SHORT_TAIL);
      const own = newestOf(log, address.sessionId);
      if (own && this.#isEnough(own, FRESH_MS)) return own.at;
      // Only of a session that is there is anything further back. This is asked after the log was read: who has begun it since,
      // and noted anything, has changed the log.
      const isFurtherBack = !own && !log.isWhole && (await this.#isThere(address));
      return this.#renew(index, log, address, isFurtherBack);
    });
    this.#remember(address.storedId, at);
  }

  /**
   * Before a read: with `ttlRefresh: 'access'` it extends a session that is there, and must not leave its entry behind.
   *
   * @throws what `register` throws.
   */
  async registerRead(address: SessionAddress): Promise<void> {
    const { ttlSeconds, ttlRefresh } = this.#expiry;
    if (ttlSeconds === undefined || ttlRefresh !== 'access') return;
    const freshMs = Math.max(FRESH_MS, ttlSeconds * 250);
    if (this.#isRemembered(address, freshMs)) return;
    const index = this.indexOf(address.scope);
    const at = await underContention(async () => {
      const log = await index.read(SHORT_TAIL);
      const own = newestOf(log, address.sessionId);
      if (own && this.#isEnough(own, freshMs)) return own.at;
      if (!(await this.#isThere(address))) return undefined;
      return this.#renew(index, log, address, true);
    });
    if (at !== undefined) this.#remember(address.storedId, at);
  }

  /** @throws `CONFLICT` where the session holds nothing. */
  async setDetails(address: SessionAddress, details: SessionDetails): Promise<void> {
    const index = this.indexOf(address.scope);
    const at = await underContention(async () => {
      const tail = await index.read(SHORT_TAIL);
      const { revision, since } = await stateOf(this.#store, address.storedId);
      if (revision === NO_HISTORY) {
        throw new SessionError(
          'CONFLICT',
          'the session holds nothing: details are set once something is stored',
        );
      }
      const log = await index.readBackTo(address.sessionId, tail);
      return this.#put(index, log, this.#entryOf(address, details, since, newestOf(log, address.sessionId)));
    });
    this.#remember(address.storedId, at);
  }

  async getDetails(address: SessionAddress): Promise<SessionDetails | undefined> {
    const index = this.indexOf(address.scope);
    const log = await index.readBackTo(address.sessionId, await index.read(SHORT_TAIL));
    const own = newestOf(log, address.sessionId);
    if (!own || !hasDetails(own.details)) return undefined;
    const { revision, since } = await stateOf(this.#store, address.storedId);
    return revision !== NO_HISTORY && areOf(own, since) ? own.details : undefined;
  }

  /**
   * Deletes the details of a session that is going to be cleared. An entry without them stays: the session is still there, and
   * will be if the process ends now, or if somebody else begins it anew.
   */
  async forget(address: SessionAddress): Promise<void> {
    this.#remembered.delete(address.storedId);
    const index = this.indexOf(address.scope);
    await underContention(async () => {
      const log = await index.read();
      const isOwn = ({ sessionId }: IndexEntry): boolean => sessionId === address.sessionId;
      if (!log.logged.some(({ entry }) => entry && isOwn(entry) && hasDetails(entry.details))) return;
      const own = newestOf(log, address.sessionId);
      const bare = { ...this.#entryOf(address, {}, undefined, own), at: timeAfter(log.logged) };
      try {
        await index.rewrite(log, withoutSuperseded(log, isOwn), bare);
      } catch (error) {
        if (!SessionError.is(error, 'COMMIT_TOO_LARGE')) throw error;
        await index.append(log, bare, false);
      }
    });
  }

  /** Returns how many entries of the index were not under the newest key; of all sessions of the owner. */
  async reencrypt(scope: string | undefined): Promise<number> {
    return underContention(() => this.indexOf(scope).reencrypt());
  }

  /** The index of the sessions in this scope. */
  indexOf(scope: string | undefined): OwnerIndex {
    const storedId = indexId(this.#owner, scope);
    this.#indexStore ??= this.#openIndexStore();
    return new OwnerIndex(
      this.#indexStore,
      { storedId, codec: this.#codecOf(storedId, scope) },
      this.#skipCorrupt,
    );
  }

  /** Puts a newer entry behind the others, with the same details, which may be further back. Returns its time. */
  async #renew(
    index: OwnerIndex,
    tail: IndexLog,
    address: SessionAddress,
    isFurtherBack: boolean,
  ): Promise<number> {
    const log = isFurtherBack ? await index.readBackTo(address.sessionId, tail) : tail;
    const own = newestOf(log, address.sessionId);
    return this.#put(index, log, this.#entryOf(address, own?.details ?? {}, own?.since, own));
  }

  async #isThere({ storedId }: SessionAddress): Promise<boolean> {
    return (await stateOf(this.#store, storedId)).revision !== NO_HISTORY;
  }

  /** Puts an entry behind those that were read, or where too many of them are superseded, behind the rest. Returns its time. */
  async #put(index: OwnerIndex, log: IndexLog, entry: IndexEntry): Promise<number> {
    const placed = { ...entry, at: timeAfter(log.logged) };
    if (!isRewriteDue(log)) {
      await index.append(log, placed, newestOf(log, entry.sessionId) === undefined);
      return placed.at;
    }
    const whole = log.isWhole ? log : await index.read();
    if (whole.revision !== log.revision) throw contention();
    const now = Date.now();
    const isDropped = ({ sessionId, until }: IndexEntry): boolean =>
      sessionId === entry.sessionId || (until !== undefined && until < now);
    try {
      await index.rewrite(whole, withoutSuperseded(whole, isDropped), placed);
    } catch (error) {
      if (!SessionError.is(error, 'COMMIT_TOO_LARGE')) throw error;
      await index.append(whole, placed, newestOf(whole, entry.sessionId) === undefined);
    }
    return placed.at;
  }

  /** Counts for as long as the one before, at least: the session may have been given a longer time by another process. */
  #entryOf(
    { sessionId }: SessionAddress,
    details: SessionDetails,
    since: number | undefined,
    before: IndexEntry | undefined,
  ): IndexEntry {
    const at = Date.now();
    const seconds = keptSeconds(this.#expiry);
    const isForEver = seconds === undefined || (before !== undefined && before.until === undefined);
    const until = isForEver ? undefined : Math.max(at + seconds * 1_000, before?.until ?? 0);
    return { sessionId, at, until, details, since };
  }

  /** Whether an entry is new, and counts for as long as one of this object would. */
  #isEnough({ at, until }: IndexEntry, freshMs: number): boolean {
    if (!isFresh(at, freshMs)) return false;
    const seconds = keptSeconds(this.#expiry);
    return (
      until === undefined || (seconds !== undefined && until - at >= (seconds - MARGIN_SECONDS / 2) * 1_000)
    );
  }

  /** The index is kept for longer than its sessions, which may be extended by others meanwhile. */
  #openIndexStore(): SessionStore {
    const ttlSeconds = keptSeconds(this.#expiry);
    if (ttlSeconds === undefined || !isExpiring(this.#store)) return this.#store;
    return this.#store.withExpiry({ ttlSeconds, ttlRefresh: 'write' });
  }

  #isRemembered({ storedId }: SessionAddress, freshMs: number): boolean {
    const at = this.#remembered.get(storedId);
    return at !== undefined && isFresh(at, freshMs);
  }

  #remember(storedId: string, at: number): void {
    // A clock that was ahead tells nothing of how old an entry is.
    this.#remembered.delete(storedId);
    this.#remembered.set(storedId, Math.min(at, Date.now()));
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MOST_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
  }
}

/** Whether these are the details of the session that began at this time, as far as anybody knows. */
export function areOf({ since }: IndexEntry, began: number | undefined): boolean {
  return since === undefined || began === undefined || since === began;
}

/** For how long an entry counts: with reads that extend, it may be older than its session by a part of the time. */
function keptSeconds({ ttlSeconds, ttlRefresh }: Expiry): number | undefined {
  if (ttlSeconds === undefined) return undefined;
  const longest = ttlRefresh === 'access' ? Math.ceil(ttlSeconds * 1.25) : ttlSeconds;
  return Math.min(longest + MARGIN_SECONDS, LONGEST_TTL_SECONDS);
}

function isFresh(at: number, freshMs: number): boolean {
  const age = Date.now() - at;
  return age < freshMs && age > -Math.max(freshMs, CLOCKS_APART_MS);
}

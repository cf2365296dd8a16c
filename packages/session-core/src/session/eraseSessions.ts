import { readFields } from '../arguments/readArguments';
import { SessionError } from '../store/errors';
import { NO_HISTORY, type SessionStore } from '../store/sessionStore';
import { underContention } from './contention';
import { newestEntries, withoutSuperseded, type IndexEntry, type OwnerIndex } from './ownerIndex';

export interface EraseOptions {
  /** Called after each session. What it throws ends the erasure. */
  readonly onProgress?: ((progress: EraseProgress) => void) | undefined;
  /** Ends the erasure after the sessions that are under way: `ABORTED`. Call it again to go on. */
  readonly signal?: AbortSignal | undefined;
}

/** How far an erasure has come. */
export interface EraseProgress {
  /** How many sessions were erased so far. */
  readonly sessions: number;
  /** How many are still listed, those that were gone already included. */
  readonly remaining: number;
}

/** What an erasure has done. */
export interface EraseReport {
  /** How many sessions were erased, by this call. What was listed and gone already does not count. */
  readonly sessions: number;
}

/** What an erasure is of. */
export interface ErasureTarget {
  readonly store: SessionStore;
  readonly index: OwnerIndex;
  storedIdOf(sessionId: string): string;
  /** Erases what belongs to these sessions alone, and lies elsewhere. */
  eraseBelongings(sessionIds: readonly string[]): Promise<void>;
  /** Erases what belongs to them and lies among what belongs to others. What is wrong with that is no concern of each session. */
  eraseShared(sessionIds: readonly string[]): Promise<void>;
}

/** How many sessions are erased side by side. */
const AT_ONCE = 8;

/**
 * Erases what is listed until nothing is. See `SessionIndex.erase`.
 *
 * The entries of a pass go last, all at once. So wherever it is stopped before, what is not erased is listed, and the next call
 * begins with the same sessions again: to clear one that is cleared changes nothing.
 */
export async function eraseSessions(target: ErasureTarget, options: EraseOptions): Promise<EraseReport> {
  const { onProgress, signal } = parseEraseOptions(options);
  const { store, index } = target;
  let sessions = 0;
  for (;;) {
    throwIfAborted(signal);
    const log = await index.read();
    const entries = newestEntries(log);
    if (entries.length === 0) {
      if (log.revision !== NO_HISTORY) await index.clear();
      return { sessions };
    }
    for (let done = 0; done < entries.length;) {
      throwIfAborted(signal);
      const batch = entries.slice(done, done + AT_ONCE).map(({ sessionId }) => sessionId);
      const wereThere = await allDone(batch.map((each) => eraseStored(store, target.storedIdOf(each))));
      await target.eraseBelongings(batch);
      done += batch.length;
      sessions += wereThere.filter(Boolean).length;
      onProgress?.({ sessions, remaining: entries.length - done });
    }
    await target.eraseShared(entries.map(({ sessionId }) => sessionId));
    await removeEntries(index, entries);
  }
}

/** Clears what is stored under an id, what has expired too. Returns whether there was anything. */
async function eraseStored(store: SessionStore, storedId: string): Promise<boolean> {
  const { revision } = await store.read(storedId, { last: 1 });
  await store.clear(storedId);
  return revision !== NO_HISTORY;
}

/** Removes these entries, and those that they supersede. A later entry of the same session stays, for the next pass. */
async function removeEntries(index: OwnerIndex, erased: readonly IndexEntry[]): Promise<void> {
  const times = new Map(erased.map(({ sessionId, at }) => [sessionId, at]));
  await underContention(async () => {
    const log = await index.read();
    const isErased = ({ sessionId, at }: IndexEntry): boolean => at <= (times.get(sessionId) ?? -1);
    await index.rewrite(log, withoutSuperseded(log, isErased));
  });
}

/** What all come to, once none is under way any more. */
async function allDone<T>(works: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

function parseEraseOptions(given: EraseOptions): EraseOptions {
  const { onProgress, signal } = readFields(given, 'the options');
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new SessionError('INVALID_ARGUMENT', 'onProgress must be a function');
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new SessionError('INVALID_ARGUMENT', 'signal must be an AbortSignal');
  }
  return { onProgress: onProgress as EraseOptions['onProgress'], signal };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new SessionError('ABORTED', 'aborted by the signal; what is listed still is yet to be erased', {
    cause: signal.reason,
  });
}

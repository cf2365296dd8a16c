import { bytesOf } from './bytesOf';
import type { SessionDescription } from './describingStore';
import { SessionError } from './errors';
import { CallTally, type EndedStoreCall, type ObserveCall, type StoreCall } from './observeCall';
import type { CommitResult, HistoryChange, StoredHistory, StoredRecord } from './sessionStore';

/** @param tally - undefined where nobody observes */
type Work<T> = (tally?: CallTally) => Promise<T>;
type Amount = Pick<EndedStoreCall, 'records' | 'bytes'>;
type Outcome = Partial<Amount & Pick<EndedStoreCall, 'status' | 'errorCode'>>;

interface Begun<T> {
  readonly result: Promise<T>;
  /** Never rejects. */
  readonly ended: Promise<EndedStoreCall>;
}

const NOTHING: Amount = { records: 0, bytes: 0 };

/** Puts the observer of a store, if it has one, around its calls. Where there is none, a call costs nothing more. */
export class CallObserver {
  readonly #observe: ObserveCall | undefined;
  readonly #place: Pick<StoreCall, 'system' | 'collection'>;

  constructor(observe: ObserveCall | undefined, place: Pick<StoreCall, 'system' | 'collection'>) {
    this.#observe = observe;
    this.#place = place;
  }

  read(storedId: string, work: Work<StoredHistory>): Promise<StoredHistory> {
    if (this.#observe === undefined) return work();
    return this.#around(this.#observe, { verb: 'read', storedId }, NOTHING, work, ({ records }) =>
      amountOf(records),
    );
  }

  commit(storedId: string, change: HistoryChange, work: Work<CommitResult>): Promise<CommitResult> {
    return this.#observe === undefined ? work() : this.#commit(this.#observe, storedId, change, work);
  }

  clear(storedId: string, work: Work<void>): Promise<void> {
    if (this.#observe === undefined) return work();
    return this.#around(this.#observe, { verb: 'clear', storedId }, NOTHING, work, () => NOTHING);
  }

  describe(storedId: string, work: Work<SessionDescription>): Promise<SessionDescription> {
    if (this.#observe === undefined) return work();
    return this.#around(this.#observe, { verb: 'describe', storedId }, NOTHING, work, () => NOTHING);
  }

  /** Also what cannot be counted, which no store takes either, is a rejection. */
  async #commit(
    observe: ObserveCall,
    storedId: string,
    { append }: HistoryChange,
    work: Work<CommitResult>,
  ): Promise<CommitResult> {
    const of = { verb: 'commit', storedId } as const;
    return this.#around(observe, of, amountOf(append), work, ({ status }) => ({ status }));
  }

  #around<T>(
    observe: ObserveCall,
    of: Pick<StoreCall, 'verb' | 'storedId'>,
    amount: Amount,
    work: Work<T>,
    told: (result: T) => Outcome,
  ): Promise<T> {
    const call: StoreCall = { verb: of.verb, ...this.#place, storedId: of.storedId };
    let begun: Begun<T> | undefined;
    const begin = (): Begun<T> => (begun ??= this.#begin({ ...call, ...amount }, work, told));
    try {
      const observed = observe(call, () => begin().ended);
      Promise.resolve(observed).catch(ignore);
    } catch {
      // The observer's own failure is none of the call's.
    }
    const { result, ended } = begin();
    // What waits for the end of the call comes first, so that a span ends before the one around it.
    const settle = (): Promise<T> => result;
    return ended.then(settle, settle);
  }

  #begin<T>(call: StoreCall & Amount, work: Work<T>, told: (result: T) => Outcome): Begun<T> {
    const tally = new CallTally();
    const began = performance.now();
    const end = (outcome: Outcome): EndedStoreCall => {
      const { retries, readUnits, writeUnits } = tally;
      const durationMs = performance.now() - began;
      return { ...call, durationMs, tries: retries + 1, readUnits, writeUnits, ...outcome };
    };
    // Also what a store throws at once is its result: otherwise it would be called again.
    const result = new Promise<T>((resolve) => resolve(work(tally)));
    return {
      result,
      ended: result.then(
        (value) => end(told(value)),
        (error: unknown) => end(failure(error)),
      ),
    };
  }
}

function amountOf(records: readonly StoredRecord[]): Amount {
  return { records: records.length, bytes: bytesOf(records) };
}

function failure(error: unknown): Outcome {
  return { errorCode: SessionError.is(error) ? error.code : 'STORE_FAILURE' };
}

function ignore(): void {
  // As what it throws: see `ObserveCall`.
}

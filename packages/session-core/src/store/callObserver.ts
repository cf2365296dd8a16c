import { bytesOf } from './bytesOf';
import type { SessionDescription } from './describingStore';
import { SessionError } from './errors';
import { CallTally, type EndedStoreCall, type ObserveCall, type StoreCall } from './observeCall';
import type { CommitResult, HistoryChange, StoredHistory, StoredRecord } from './sessionStore';

type Work<T> = (tally: CallTally) => Promise<T>;
type Amount = Pick<EndedStoreCall, 'records' | 'bytes'>;
type Outcome = Partial<Amount & Pick<EndedStoreCall, 'status' | 'errorCode'>>;

interface Begun<T> {
  readonly result: Promise<T>;
  /** Never rejects. */
  readonly ended: Promise<EndedStoreCall>;
}

const NOTHING: Amount = { records: 0, bytes: 0 };

/**
 * Puts an observer around the calls of one store. A store has one only where it is observed, so that its calls cost nothing
 * otherwise: `observer === undefined ? read() : observer.read(id, read)`.
 */
export class CallObserver {
  readonly #observe: ObserveCall;
  readonly #place: Pick<StoreCall, 'system' | 'collection'>;

  constructor(observe: ObserveCall, place: Pick<StoreCall, 'system' | 'collection'>) {
    this.#observe = observe;
    this.#place = place;
  }

  read(storedId: string, work: Work<StoredHistory>): Promise<StoredHistory> {
    return this.#around({ verb: 'read', storedId }, NOTHING, work, ({ records }) => amountOf(records));
  }

  /** Also what cannot be counted, which no store takes either, is a rejection. */
  async commit(storedId: string, { append }: HistoryChange, work: Work<CommitResult>): Promise<CommitResult> {
    return this.#around({ verb: 'commit', storedId }, amountOf(append), work, ({ status }) => ({ status }));
  }

  clear(storedId: string, work: Work<void>): Promise<void> {
    return this.#around({ verb: 'clear', storedId }, NOTHING, work, () => NOTHING);
  }

  describe(storedId: string, work: Work<SessionDescription>): Promise<SessionDescription> {
    return this.#around({ verb: 'describe', storedId }, NOTHING, work, () => NOTHING);
  }

  #around<T>(
    of: Pick<StoreCall, 'verb' | 'storedId'>,
    amount: Amount,
    work: Work<T>,
    told: (result: T) => Outcome,
  ): Promise<T> {
    const call: StoreCall = { verb: of.verb, ...this.#place, storedId: of.storedId };
    let begun: Begun<T> | undefined;
    const begin = (): Begun<T> => (begun ??= this.#begin({ ...call, ...amount }, work, told));
    try {
      const observed = this.#observe(call, () => begin().ended);
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

import type { AgentInputItem } from '@openai/agents';
import { copyItem } from '../records/copyItem';
import { SessionError } from '../store/errors';
import {
  NO_HISTORY,
  type Revision,
  type SessionStore,
  type StoredHistory,
  type StoredRecord,
} from '../store/sessionStore';
import { keyOfSession, type CachedHistories, type CachedHistory } from './cachedHistories';
import type { HistoryEntry } from './historyEntry';
import type { HistoryView } from './historyView';

export interface HistoryReadsOptions {
  readonly skipCorrupt: boolean;
  readonly cache: CachedHistories | undefined;
}

export interface ReadHistory {
  readonly entries: readonly HistoryEntry[];
  /** The records of the entries. */
  readonly history: StoredHistory;
}

/** Where a cache keeps a session. */
interface CachePlace {
  readonly cache: CachedHistories;
  readonly key: string;
  readonly reader: object;
}

interface Answer {
  readonly answer: StoredHistory;
  /** Undefined where nothing of the session is cached. */
  readonly place: CachePlace | undefined;
  /** What the cache had of the session. */
  readonly cached: CachedHistory | undefined;
  /** The same, where the answer goes on from it. */
  readonly known: CachedHistory | undefined;
}

/** Reads histories, and only what is new of those that a cache holds. */
export class HistoryReads {
  readonly #store: SessionStore;
  readonly #skipCorrupt: boolean;
  readonly #cache: CachedHistories | undefined;

  constructor(store: SessionStore, { skipCorrupt, cache }: HistoryReadsOptions) {
    this.#store = store;
    this.#skipCorrupt = skipCorrupt;
    this.#cache = cache;
  }

  /** The newest `last` entries, or all. */
  async read(view: HistoryView, last: number | undefined): Promise<ReadHistory> {
    const { answer, place, cached, known } = await this.#ask(view, last);
    if (place === undefined) return { entries: await this.decode(view, answer.records), history: answer };
    const { records, revision } = answer;
    const wanted = last ?? Infinity;
    // A record that was not asked for is not decoded: what is wrong with it is no concern of this read.
    const fresh = await this.decode(view, records.slice(-wanted), known?.records);
    const isWhole = (cached !== undefined || last === undefined) && fresh.length === records.length;
    if (isWhole) keep(place, known, fresh, revision);
    else if (known === undefined) place.cache.delete(place.key);
    const entries = [...copiesOf(known, wanted - fresh.length), ...fresh];
    return { entries, history: { records: entries.map(({ record }) => record), revision } };
  }

  /** What was cleared does not stay in the memory of the process that cleared it. */
  forget(view: HistoryView): void {
    const place = this.#placeOf(view);
    place?.cache.delete(place.key);
  }

  /**
   * @param before - what stands before them and was decoded earlier.
   * @throws `CORRUPT_RECORD` unless such records are skipped, `UNSUPPORTED_FORMAT`, `UNKNOWN_KEY`, `UNENCRYPTED_RECORD`,
   * `KEYS_UNAVAILABLE`
   */
  async decode(
    view: HistoryView,
    records: readonly StoredRecord[],
    before?: readonly StoredRecord[],
  ): Promise<HistoryEntry[]> {
    return this.#entriesOf(records, await view.codec.decode(records, before));
  }

  /**
   * The entries up to the item that comes after the first `count`, or all. What is wrong with a record behind them is no
   * concern of this read.
   */
  async readFirst(view: HistoryView, count = Infinity): Promise<HistoryEntry[]> {
    const { answer, known } = await this.#ask(view, undefined);
    const records = known ? [...known.records, ...answer.records] : answer.records;
    const decoded = await view.codec.decode(records);
    const items = decoded.flatMap((item, index) => (this.#isSkipped(item) ? [] : [index]));
    const end = items[count] ?? records.length;
    return this.#entriesOf(records.slice(0, end), decoded);
  }

  /** Asks for what is new of a history that the cache holds, else for the newest `last` records, or all. */
  async #ask(view: HistoryView, last: number | undefined): Promise<Answer> {
    const place = this.#placeOf(view);
    const cached = place?.cache.get(place.key, place.reader);
    const answer = await this.#store.read(view.storedId, cached ? { after: cached.revision } : { last });
    const known = cached !== undefined && answer.after === cached.revision ? cached : undefined;
    place?.cache.count(known !== undefined);
    return { answer, place, cached, known };
  }

  #placeOf({ storedId, codec }: HistoryView): CachePlace | undefined {
    const { cacheKey } = this.#store;
    if (this.#cache === undefined || cacheKey === undefined) return undefined;
    return { cache: this.#cache, key: keyOfSession(cacheKey, storedId), reader: codec.reader };
  }

  #entriesOf(
    records: readonly StoredRecord[],
    decoded: readonly (AgentInputItem | SessionError)[],
  ): HistoryEntry[] {
    return records.map((record, index) => {
      const item = decoded[index];
      if (!SessionError.is(item)) return { record, item };
      if (this.#isSkipped(item)) return { record, item: undefined };
      throw item;
    });
  }

  #isSkipped(item: AgentInputItem | SessionError): boolean {
    return this.#skipCorrupt && SessionError.is(item, 'CORRUPT_RECORD');
  }
}

/** Keeps what was read, unless something of it cannot be decoded, or copied. */
function keep(
  { cache, key, reader }: CachePlace,
  known: CachedHistory | undefined,
  fresh: readonly HistoryEntry[],
  revision: Revision,
): void {
  if (revision === known?.revision) return;
  const items = fresh.flatMap(({ item }) => (item && copyItem(item)) ?? []);
  if (revision === NO_HISTORY || items.length < fresh.length) {
    cache.delete(key);
    return;
  }
  const records = fresh.map(({ record }) => record);
  const grown = {
    revision,
    reader,
    records: [...(known?.records ?? []), ...records],
    items: [...(known?.items ?? []), ...items],
  };
  cache.set(key, grown, known);
}

/** The newest `count` entries of a history that others read too. */
function copiesOf(history: CachedHistory | undefined, count: number): HistoryEntry[] {
  if (history === undefined || count <= 0) return [];
  const items = history.items.slice(-count);
  const records = history.records.slice(-count);
  return records.map((record, index) => {
    const item = items[index];
    return { record, item: item && copyItem(item) };
  });
}

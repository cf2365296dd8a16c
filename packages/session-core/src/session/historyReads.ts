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
    const { cacheKey } = this.#store;
    if (this.#cache !== undefined && cacheKey !== undefined) {
      return this.#readCached(this.#cache, keyOfSession(cacheKey, view.storedId), view, last);
    }
    const history = await this.#store.read(view.storedId, { last });
    return { entries: await this.decode(view, history.records), history };
  }

  /** What was cleared does not stay in the memory of the process that cleared it. */
  forget(view: HistoryView): void {
    const { cacheKey } = this.#store;
    if (cacheKey !== undefined) this.#cache?.delete(keyOfSession(cacheKey, view.storedId));
  }

  /** @throws `CORRUPT_RECORD` unless such records are skipped, `UNSUPPORTED_FORMAT` */
  async decode(view: HistoryView, records: readonly StoredRecord[]): Promise<HistoryEntry[]> {
    return this.#entriesOf(records, await view.codec.decode(records));
  }

  /**
   * The entries up to the item that comes after the first `count`, or all. What is wrong with a record behind them is no
   * concern of this read.
   */
  async readFirst(view: HistoryView, count = Infinity): Promise<HistoryEntry[]> {
    const { records } = await this.#readRecords(view);
    const decoded = await view.codec.decode(records);
    const items = decoded.flatMap((item, index) => (this.#isSkipped(item) ? [] : [index]));
    const end = items[count] ?? records.length;
    return this.#entriesOf(records.slice(0, end), decoded);
  }

  async #readRecords(view: HistoryView): Promise<StoredHistory> {
    const { cacheKey } = this.#store;
    const cached = cacheKey && this.#cache?.get(keyOfSession(cacheKey, view.storedId));
    const answer = await this.#store.read(view.storedId, cached && { after: cached.revision });
    const isNew = cached !== undefined && answer.after === cached.revision;
    if (cacheKey) this.#cache?.count(isNew);
    return isNew ? { ...answer, records: [...cached.records, ...answer.records] } : answer;
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

  async #readCached(
    cache: CachedHistories,
    key: string,
    view: HistoryView,
    last: number | undefined,
  ): Promise<ReadHistory> {
    const cached = cache.get(key);
    const answer = await this.#store.read(view.storedId, cached ? { after: cached.revision } : { last });
    const known = cached !== undefined && answer.after === cached.revision ? cached : undefined;
    cache.count(known !== undefined);
    const { records, revision } = answer;
    const wanted = last ?? Infinity;
    // A record that was not asked for is not decoded: what is wrong with it is no concern of this read.
    const fresh = await this.decode(view, records.slice(-wanted));
    const isWhole = (cached !== undefined || last === undefined) && fresh.length === records.length;
    if (isWhole) keep(cache, key, known, fresh, revision);
    else if (known === undefined) cache.delete(key);
    const entries = [...copiesOf(known, wanted - fresh.length), ...fresh];
    return { entries, history: { records: entries.map(({ record }) => record), revision } };
  }
}

/** Keeps what was read, unless something of it cannot be decoded, or copied. */
function keep(
  cache: CachedHistories,
  key: string,
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

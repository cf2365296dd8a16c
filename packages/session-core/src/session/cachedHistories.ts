import type { AgentInputItem } from '@openai/agents';
import type { CacheKey, Revision, StoredRecord } from '../store/sessionStore';

/** A whole history, all of which could be decoded. Nobody changes any of it. */
export interface CachedHistory {
  readonly revision: Revision;
  readonly records: readonly StoredRecord[];
  readonly items: readonly AgentInputItem[];
  /** That of the codec which has decoded the records; another one might not have. */
  readonly reader: object;
}

interface Held {
  readonly history: CachedHistory;
  readonly bytes: number;
}

/** What an item takes beside its text, about: its objects, and the places in the lists. */
const BYTES_PER_ITEM = 600;

const BEYOND_LATIN_1 = /[\u0100-\uffff]/;

/** A number, or a pointer to what all share. */
const BYTES_PER_VALUE = 8;

/** What a history takes beside its items and its key, about. */
const BYTES_PER_HISTORY = 600;

/** Histories up to a number of bytes. Where there is no room for another, those go that were asked for the longest time ago. */
export class CachedHistories {
  hits = 0;
  misses = 0;
  bytes = 0;
  readonly #maxBytes: number;
  /** In the order in which they were last asked for. */
  readonly #held = new Map<string, Held>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#held.size;
  }

  count(isHit: boolean): void {
    if (isHit) this.hits++;
    else this.misses++;
  }

  /** @param reader - that of the codec which decodes what is new; a history that another one has read is not for it. */
  get(key: string, reader: object): CachedHistory | undefined {
    const held = this.#held.get(key);
    if (held?.history.reader !== reader) return undefined;
    this.#held.delete(key);
    this.#held.set(key, held);
    return held.history;
  }

  /** @param known - the history in the cache that this one begins with, to be measured no more */
  set(key: string, history: CachedHistory, known: CachedHistory | undefined): void {
    const previous = this.#held.get(key);
    const start = previous !== undefined && previous.history === known ? previous : undefined;
    const first = start?.history.records.length ?? 0;
    const added = history.records.slice(first);
    const bytes = added.reduce(
      (sum, record, index) => sum + bytesOf(record, history.items[first + index]),
      start?.bytes ?? bytesOfEmpty(key),
    );
    this.delete(key);
    if (bytes > this.#maxBytes) return;
    this.#held.set(key, { history, bytes });
    this.bytes += bytes;
    for (const oldest of this.#held.keys()) {
      if (this.bytes <= this.#maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.bytes -= this.#held.get(key)?.bytes ?? 0;
    this.#held.delete(key);
  }

  clear(): void {
    this.#held.clear();
    this.bytes = 0;
  }
}

const owners = new WeakMap<object, number>();
let lastOwner = 0;

/** The key of a session: different for any two that are not stored in the same place. */
export function keyOfSession({ owner, name }: CacheKey, storedId: string): string {
  let number = owners.get(owner);
  if (number === undefined) {
    number = ++lastOwner;
    owners.set(owner, number);
  }
  return JSON.stringify([number, name, storedId]);
}

/** A history without items, which must take room as well: there may be any number of them. */
function bytesOfEmpty(key: string): number {
  return 2 * key.length + BYTES_PER_HISTORY;
}

/** The record, and its item, whose strings are copies. What a record that is bytes becomes as an item, its length does not tell. */
function bytesOf(record: StoredRecord, item: AgentInputItem | undefined): number {
  const held = typeof record === 'string' ? 2 * bytesOfText(record) : record.length + bytesOfHeld(item);
  return held + BYTES_PER_ITEM;
}

/** Of an item, which is nested no deeper than what can be copied. */
function bytesOfHeld(held: unknown): number {
  if (typeof held === 'string') return bytesOfText(held);
  if (typeof held !== 'object' || held === null) return BYTES_PER_VALUE;
  if (ArrayBuffer.isView(held)) return held.byteLength;
  return Object.entries(held).reduce((sum, [key, value]) => sum + key.length + bytesOfHeld(value), 0);
}

/** V8 keeps a text in which any character is not of Latin-1 in two bytes each. */
function bytesOfText(text: string): number {
  return text.length * (BEYOND_LATIN_1.test(text) ? 2 : 1);
}

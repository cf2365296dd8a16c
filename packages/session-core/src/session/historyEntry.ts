import type { AgentInputItem } from '@openai/agents';
import type { StoredRecord } from '../store/sessionStore';
import { isSameRecord } from './recordLists';

/** One place of the history: its record as stored, and its item where that can be decoded. */
export interface HistoryEntry {
  readonly record: StoredRecord;
  readonly item: AgentInputItem | undefined;
}

export function readable(entries: readonly HistoryEntry[]): AgentInputItem[] {
  return entries.map(({ item }) => item).filter((item) => item !== undefined);
}

export function unreadable(entries: readonly HistoryEntry[]): StoredRecord[] {
  return entries.flatMap(({ record, item }) => (item ? [] : [record]));
}

/**
 * The entries of records that are known, taken from those of the whole history, where they stand in the same order. One that
 * is not stored any more has no item.
 */
export function entriesOf(
  known: readonly StoredRecord[],
  stored: readonly HistoryEntry[],
): readonly HistoryEntry[] {
  let next = 0;
  return known.map((record) => {
    for (let place = next; place < stored.length; place++) {
      const entry = stored[place];
      if (!entry || !isSameRecord(entry.record, record)) continue;
      next = place + 1;
      return entry;
    }
    return { record, item: undefined };
  });
}

import { bytesOf } from '../store/bytesOf';

/** Below what any store takes in one commit, with what its codec may add to each item. */
const MOST_BYTES = 4 * 1_024 * 1_024;
const MOST_ITEMS = 10_000;

/** Consecutive items, which go in by one commit. */
export interface ItemPart {
  readonly texts: readonly string[];
  /** How many items there are before it. */
  readonly start: number;
}

/** Items in parts of at most 4 MiB and 10,000 items; one that is larger is a part by itself. */
export function partsOf(texts: readonly string[]): ItemPart[] {
  const parts: ItemPart[] = [];
  let start = 0;
  let bytes = 0;
  texts.forEach((text, index) => {
    const size = bytesOf([text]);
    const isFull = bytes + size > MOST_BYTES || index - start === MOST_ITEMS;
    if (isFull && index > start) {
      parts.push({ texts: texts.slice(start, index), start });
      start = index;
      bytes = 0;
    }
    bytes += size;
  });
  parts.push({ texts: texts.slice(start), start });
  return parts;
}

import { randomBytes } from 'node:crypto';

/** Names the rows that hold the content of one commit. */
export interface PartsName {
  /** 13 digits of time in milliseconds, then 19 random ones. */
  readonly stem: string;
  readonly count: number;
}

/** In front of every part and every version: a sort key has at most 38 digits. */
export const FIRST_KEY = `-${'9'.repeat(38)}`;

const STEM_DIGITS = 32;
const NUMBER_DIGITS = 5;
const PART_KEY = /^-(\d{32})\d{5}1$/;

export function newPartsName(now: number, count: number): PartsName {
  const random = randomBytes(8).readBigUInt64BE() % 10n ** 19n;
  return { stem: `${now}${`${random}`.padStart(19, '0')}`.padStart(STEM_DIGITS, '0'), count };
}

/**
 * The sort key of part 1 to `count`: negative, so that no range of versions contains it. All 38 digits are significant,
 * the last one is never 0, so that DynamoDB gives the number back as it was.
 */
export function partKey(stem: string, part: number): string {
  return `-${stem}${`${part}`.padStart(NUMBER_DIGITS, '0')}1`;
}

/** The sort keys of all parts, from the last to the first. */
export function rangeOf({ stem, count }: PartsName): { readonly from: string; readonly to: string } {
  return { from: partKey(stem, count), to: partKey(stem, 1) };
}

/** The stem of a part's sort key; undefined for any other. */
export function stemOf(key: string | undefined): string | undefined {
  return PART_KEY.exec(key ?? '')?.[1];
}

export function timeOf(stem: string): number {
  return Number(stem.slice(0, 13));
}

export function formatPartsName({ stem, count }: PartsName): string {
  return `${stem}/${count}`;
}

export function parsePartsName(text: string): PartsName | undefined {
  const [, stem, count] = /^(\d{32})\/(\d{1,5})$/.exec(text) ?? [];
  return stem === undefined || count === undefined ? undefined : { stem, count: Number(count) };
}

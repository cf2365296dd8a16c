import { readFields } from '../arguments/readArguments';
import { invalid } from '../arguments/invalid';

/** What an application notes of a session for itself. Limits as those of the metadata of OpenAI's Conversations. */
export interface SessionDetails {
  /** At most 512 characters. */
  readonly title?: string | undefined;
  /** At most 16 pairs, keys of at most 64 characters, values of at most 512. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

const LONGEST_TEXT = 512;
const MOST_PAIRS = 16;
const LONGEST_KEY = 64;

/** @throws `INVALID_ARGUMENT`, without anything of the details. */
export function parseDetails(given: SessionDetails): SessionDetails {
  const { title, metadata } = readFields(given, 'the details');
  if (title !== undefined && !isText(title)) {
    throw invalid(`title must be a string of at most ${LONGEST_TEXT} characters`);
  }
  if (metadata === undefined) return title === undefined ? {} : { title };
  const pairs = Object.entries(readFields(metadata, 'metadata'));
  if (pairs.length > MOST_PAIRS) throw invalid(`metadata must have at most ${MOST_PAIRS} keys`);
  if (pairs.some(([key]) => key.length > LONGEST_KEY)) {
    throw invalid(`a key of metadata must have at most ${LONGEST_KEY} characters`);
  }
  if (!pairs.every((pair): pair is [string, string] => isText(pair[1]))) {
    throw invalid(`a value of metadata must be a string of at most ${LONGEST_TEXT} characters`);
  }
  return { ...(title !== undefined && { title }), metadata: Object.fromEntries(pairs) };
}

export function hasDetails({ title, metadata }: SessionDetails): boolean {
  return title !== undefined || metadata !== undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_TEXT;
}

import type { AgentInputItem } from '@openai/agents';
import { SessionError } from '../store/errors';
import { fromExactJson, isPlainObject, toExactJson } from './exactJson';
import { plainJson } from './plainJson';
import { mapElements } from '../arguments/readArguments';
import type { StoredRecord } from '../store/sessionStore';

/*
 * Formats of a record:
 * - text that begins with `{`: the item's JSON (see exactJson.ts);
 * - bytes: the first byte names the format. None is defined yet, and 0x7b never is: it begins damaged text.
 */

const DAMAGED_TEXT = 0x7b;

/**
 * The records of `items`, in order.
 *
 * @param path - names the array in errors.
 * @throws `INVALID_ARGUMENT`, `UNSERIALIZABLE_ITEM` or `COMMIT_TOO_LARGE`, naming the path of what cannot be stored.
 */
export function encodeItems(items: readonly AgentInputItem[], path = 'items'): StoredRecord[] {
  return mapElements(items, path, encodeItem);
}

/**
 * The record of one item.
 *
 * @param path - names the item in errors.
 * @throws `INVALID_ARGUMENT`, `UNSERIALIZABLE_ITEM`, `COMMIT_TOO_LARGE`
 */
export function encodeItem(item: unknown, path: string): string {
  if (!isPlainObject(item)) throw new SessionError('INVALID_ARGUMENT', `${path} must be a plain object`);
  return plainJson(item) ?? toExactJson(item, path);
}

/** An item's record, and the item as it will be read: both are of one reading of the caller's object. */
export function takeItem(item: unknown, path: string): { record: StoredRecord; item: AgentInputItem } {
  const record = encodeItem(item, path);
  return { record, item: fromExactJson(record) as AgentInputItem };
}

/**
 * The item of one record.
 *
 * @param position - 1 for the newest record; names the record in errors.
 * @throws `CORRUPT_RECORD`, `UNSUPPORTED_FORMAT`
 */
export function decodeRecord(record: StoredRecord, position: number): AgentInputItem {
  if (typeof record !== 'string') {
    const format = record[0];
    if (format === undefined || format === DAMAGED_TEXT) throw corrupt(position);
    throw new SessionError(
      'UNSUPPORTED_FORMAT',
      `record ${position} from the end has format 0x${format.toString(16).padStart(2, '0')}, which this version does not know`,
    );
  }
  let item: unknown;
  try {
    item = record.startsWith('{') ? fromExactJson(record) : undefined;
  } catch {
    // the SyntaxError quotes the record
  }
  if (!isPlainObject(item)) throw corrupt(position);
  return item as AgentInputItem;
}

function corrupt(position: number): SessionError {
  return new SessionError(
    'CORRUPT_RECORD',
    `record ${position} from the end of the history cannot be decoded`,
  );
}

import type { SessionError } from '../store/errors';
import { isPlainObject } from './isPlainObject';
import { invalid } from './invalid';

/*
 * Arguments are the caller's: a getter or a proxy may throw, with content in its message, or give another value each time.
 * So each property is read once, in a guard.
 */

/**
 * The enumerable own properties of a plain object.
 *
 * @param path - names the object in errors.
 * @throws `INVALID_ARGUMENT`
 */
export function readFields(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (!isPlainObject(value)) throw invalid(`${path} must be a plain object`);
  try {
    return { ...value };
  } catch {
    throw unreadable(path);
  }
}

/**
 * What `map` makes of each element of an array, in order; holes are undefined.
 *
 * @param path - names the array in errors.
 * @throws `INVALID_ARGUMENT`, and what `map` throws.
 */
export function mapElements<T>(
  value: unknown,
  path: string,
  map: (element: unknown, path: string) => T,
): T[] {
  const length = lengthOf(value, path);
  const results: T[] = [];
  for (let index = 0; index < length; index++) {
    const place = `${path}[${index}]`;
    results.push(map(elementOf(value as readonly unknown[], index, place), place));
  }
  return results;
}

function lengthOf(value: unknown, path: string): number {
  let length: unknown;
  try {
    length = Array.isArray(value) ? value.length : undefined;
  } catch {
    throw unreadable(path);
  }
  if (!Number.isSafeInteger(length)) throw invalid(`${path} must be an array`);
  return length as number;
}

function elementOf(array: readonly unknown[], index: number, path: string): unknown {
  try {
    return array[index];
  } catch {
    throw unreadable(path);
  }
}

function unreadable(path: string): SessionError {
  return invalid(`${path} cannot be read`);
}

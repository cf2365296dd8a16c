/** Deeper values, and cycles, are left to the writer that needs no stack. */
const DEEPEST = 100;
/** Of a longer text, the careful writer sees whether it can be written before it copies it. */
const LONGEST = 2 ** 24;
/** A key that is its own JSON text, which nearly all are. */
const WORD = /^\w*$/;

/**
 * The JSON text of what nearly every item is made of, written fast: the same text as `toExactJson`, or undefined for
 * anything that needs more care, which that then reads afresh. A turn's items take a third of the time.
 */
export function fastJson(value: unknown): string | undefined {
  try {
    return write(value, 0);
  } catch {
    return undefined; // a getter that throws, a text that is too long: the careful writer says where
  }
}

function write(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.length > LONGEST ? undefined : JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : undefined;
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (depth > DEEPEST) return undefined;
      return Array.isArray(value)
        ? plainArray(value, depth)
        : plainObject(value as Record<string, unknown>, depth);
    default:
      return undefined;
  }
}

function plainArray(array: readonly unknown[], depth: number): string | undefined {
  if (Object.getPrototypeOf(array) !== Array.prototype) return undefined;
  const { length } = array;
  // Elements and `length`, nothing else. A hole is read as undefined, which is refused.
  if (Reflect.ownKeys(array).length !== length + 1) return undefined;
  let text = '[';
  for (let index = 0; index < length; index++) {
    const part = write(array[index], depth + 1);
    if (part === undefined) return undefined;
    text += index === 0 ? part : `,${part}`;
  }
  return `${text}]`;
}

function plainObject(object: Readonly<Record<string, unknown>>, depth: number): string | undefined {
  if (Object.getPrototypeOf(object) !== Object.prototype) return undefined;
  const keys = Object.keys(object);
  // what else there is would be dropped; asked in two calls, which is faster than Reflect.ownKeys
  if (Object.getOwnPropertyNames(object).length !== keys.length) return undefined;
  if (Object.getOwnPropertySymbols(object).length > 0) return undefined;
  let text = '';
  for (const key of keys) {
    if (key.endsWith('$bytes')) return undefined;
    const held = object[key];
    if (held === undefined) continue;
    const part = write(held, depth + 1);
    if (part === undefined) return undefined;
    text += `${text === '' ? '' : ','}${WORD.test(key) ? `"${key}"` : JSON.stringify(key)}:${part}`;
  }
  return `{${text}}`;
}

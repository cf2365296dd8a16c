import { Buffer, constants } from 'node:buffer';
import { isPlainObject } from '../arguments/isPlainObject';
import { SessionError } from '../store/errors';

/*
 * JSON that loses nothing, or refuses. Written by hand where `JSON.stringify` would lose something: it calls `toJSON`,
 * turns NaN, holes and functions into null or nothing, -0 into 0, bytes into objects, and overflows the stack on deep
 * values. `JSON.parse` has none of these faults (ECMA-262 §25.5), so reading needs only the tag for bytes.
 *
 * Bytes are `{"$bytes":"<base64>"}`. An object that would look like that, or like an escape of it, gets one more `$`.
 */
const BYTES_KEY = '$bytes';
const BYTES_LOOKALIKE = /^\$+bytes$/;
const ESCAPED_LOOKALIKE = /^\$\$+bytes$/;
/** Base64 has four characters for three bytes. */
const BYTES_PER_BASE64 = 3 / 4;
const LONGEST_TEXT = constants.MAX_STRING_LENGTH;
const PLAIN_NAME = /^[A-Za-z_$][\w$]{0,63}$/;
/** In characters; a longer one shows its start and its end. */
const LONGEST_PATH = 200;
const LONGEST_PATH_START = 150;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

interface Content {
  /** Undefined for an array. */
  readonly keys: readonly string[] | undefined;
  /** Precedes each key in the text. */
  readonly escape: string;
  readonly values: readonly unknown[];
}

interface OpenContainer extends Content {
  readonly source: object;
  next: number;
}

/**
 * The JSON text of `value`. Properties that are `undefined` are left out. Getters are called, each once.
 *
 * @param path - names `value` in errors, as in `items[3]`.
 * @param canonical - sort keys, so that structurally equal values have equal texts.
 * @throws `UNSERIALIZABLE_ITEM` naming the path of what JSON cannot carry exactly, or of what cannot be read;
 * `COMMIT_TOO_LARGE` when the text would be longer than V8's longest string.
 */
export function toExactJson(value: unknown, path: string, canonical = false): string {
  let text = '';
  const open: OpenContainer[] = [];
  const ancestors = new Set<object>();

  const write = (entry: unknown): void => {
    if (typeof entry === 'string') put(quoted(entry));
    else if (typeof entry === 'boolean' || entry === null) put(String(entry));
    else if (typeof entry === 'number') put(numberText(entry));
    else if (typeof entry !== 'object')
      throw refusal(entry === undefined ? 'undefined' : `a ${typeof entry}`);
    else writeObject(entry);
  };

  const put = (part: string): void => {
    if (part.length > LONGEST_TEXT - text.length) throw tooLarge(path);
    text += part;
  };

  const quoted = (string: string): string => {
    // first, because making the text takes a multiple of its memory
    if (string.length > LONGEST_TEXT - text.length) throw tooLarge(path);
    try {
      return JSON.stringify(string);
    } catch {
      throw tooLarge(path);
    }
  };

  const numberText = (number: number): string => {
    if (!Number.isFinite(number)) throw refusal(String(number));
    return Object.is(number, -0) ? '-0' : String(number);
  };

  const writeObject = (source: object): void => {
    if (ancestors.has(source)) throw refusal('a cycle');
    const content = contentOf(source, canonical);
    if (typeof content === 'string') throw refusal(content);
    if ('bytes' in content) {
      writeBytes(content.bytes);
      return;
    }
    open.push({ source, ...content, next: 0 });
    ancestors.add(source);
    put(content.keys ? '{' : '[');
  };

  const writeBytes = (bytes: Buffer): void => {
    if (bytes.length > (LONGEST_TEXT - text.length) * BYTES_PER_BASE64) throw tooLarge(path);
    put(`{"${BYTES_KEY}":"${bytes.toString('base64')}"}`);
  };

  const refusal = (what: string): SessionError =>
    new SessionError(
      'UNSERIALIZABLE_ITEM',
      `${pathOf(path, open)} is ${what}, which cannot be stored exactly`,
    );

  write(value);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    if (top.next === top.values.length) {
      put(top.keys ? '}' : ']');
      ancestors.delete(top.source);
      open.pop();
      continue;
    }
    const index = top.next++;
    if (index > 0) put(',');
    if (top.keys) put(`${quoted(`${top.escape}${top.keys[index]}`)}:`);
    write(top.values[index]);
  }
  return text;
}

/**
 * What an object holds, each property read once, or why it cannot be stored. All code of the caller's runs in here:
 * getters and proxies. What they throw may quote content.
 */
function contentOf(object: object, canonical: boolean): Content | { readonly bytes: Buffer } | string {
  try {
    if (isBytes(object)) return { bytes: Buffer.from(object.buffer, object.byteOffset, object.byteLength) };
    if (Object.getOwnPropertySymbols(object).length > 0) return 'an object with a symbol key';
    return Array.isArray(object) ? contentOfArray(object) : contentOfObject(object, canonical);
  } catch {
    return 'an object that cannot be read';
  }
}

function contentOfArray(array: readonly unknown[]): Content | string {
  // the prototype of plain arrays is an array itself
  if (!Array.isArray(Object.getPrototypeOf(array))) return `a ${className(array)}`;
  const { length } = array;
  if (Object.getOwnPropertyNames(array).length !== length + 1)
    return 'an array with holes or named properties';
  return { keys: undefined, escape: '', values: Array.from({ length }, (_, index) => array[index]) };
}

function contentOfObject(object: object, canonical: boolean): Content | string {
  if (!isPlainObject(object)) return `a ${className(object)}`;
  const properties = Object.entries(object);
  if (Object.getOwnPropertyNames(object).length !== properties.length) {
    return 'an object with a property that is not enumerable';
  }
  const entries = properties.filter(([, held]) => held !== undefined);
  if (canonical) entries.sort(([left], [right]) => (left < right ? -1 : 1));
  const keys = entries.map(([key]) => key);
  const escape = keys.length === 1 && BYTES_LOOKALIKE.test(String(keys[0])) ? '$' : '';
  return { keys, escape, values: entries.map(([, held]) => held) };
}

/** The value of a text that `toExactJson` wrote. @throws SyntaxError, whose message may quote the text: don't pass it on. */
export function fromExactJson(text: string): unknown {
  const holder: { value: unknown } = { value: JSON.parse(text) as unknown };
  if (!text.includes('$bytes":')) return holder.value;
  const pending: { parent: object; key: string }[] = [{ parent: holder, key: 'value' }];
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    const { parent, key } = place;
    let node = (parent as Record<string, unknown>)[key];
    if (typeof node !== 'object' || node === null) continue;
    const keys = Object.keys(node);
    const only = keys.length === 1 && !Array.isArray(node) ? keys[0] : undefined;
    if (only !== undefined && BYTES_LOOKALIKE.test(only)) {
      const held = (node as Record<string, unknown>)[only];
      if (ESCAPED_LOOKALIKE.test(only)) node = { [only.slice(1)]: held };
      else if (typeof held === 'string') node = fromBase64(held);
      // an own property of the parent already, even if it is `__proto__`
      (parent as Record<string, unknown>)[key] = node;
      if (isBytes(node)) continue;
    }
    for (const child of Object.keys(node as object)) pending.push({ parent: node as object, key: child });
  }
  return holder.value;
}

function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

function fromBase64(text: string): Uint8Array {
  // Buffer.from would read past what is none
  if (!BASE64.test(text) || text.length % 4 !== 0) throw new SyntaxError('not base64');
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function className(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  const name: unknown = typeof constructor === 'function' ? constructor.name : undefined;
  return typeof name === 'string' && PLAIN_NAME.test(name) ? name : 'class instance';
}

/**
 * Where the container on top was reading, as in `items[3].providerData[2]["…"]`. Keys are content: only plain names are
 * shown.
 */
function pathOf(root: string, open: readonly OpenContainer[]): string {
  const steps = open.map(({ keys, next }) => {
    if (!keys) return `[${next - 1}]`;
    const key = String(keys[next - 1]);
    return PLAIN_NAME.test(key) ? `.${key}` : '["…"]';
  });
  const path = `${root}${steps.join('')}`;
  if (path.length <= LONGEST_PATH) return path;
  return `${path.slice(0, LONGEST_PATH_START)}…${path.slice(LONGEST_PATH_START + 1 - LONGEST_PATH)}`;
}

function tooLarge(path: string): SessionError {
  return new SessionError(
    'COMMIT_TOO_LARGE',
    `${path} is too large: its JSON would be longer than ${LONGEST_TEXT} characters`,
  );
}

import { SessionError } from './errors';

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
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

interface OpenContainer {
  readonly source: object;
  /** Undefined for an array. */
  readonly keys: readonly string[] | undefined;
  /** Precedes each key in the text. */
  readonly escape: string;
  readonly values: readonly unknown[];
  next: number;
}

/**
 * The JSON text of `value`. Properties that are `undefined` are left out.
 *
 * @param path - names `value` in errors, as in `items[3]`.
 * @param canonical - sort keys, so that structurally equal values have equal texts.
 * @throws `UNSERIALIZABLE_ITEM` naming the path of what JSON cannot carry exactly.
 */
export function toExactJson(value: unknown, path: string, canonical = false): string {
  let text = '';
  const open: OpenContainer[] = [];
  const ancestors = new Set<object>();

  const write = (entry: unknown): void => {
    if (typeof entry === 'string') text += JSON.stringify(entry);
    else if (typeof entry === 'boolean' || entry === null) text += String(entry);
    else if (typeof entry === 'number') text += numberText(entry);
    else if (typeof entry !== 'object')
      throw refusal(entry === undefined ? 'undefined' : `a ${typeof entry}`);
    else writeObject(entry);
  };

  const writeObject = (entry: object): void => {
    try {
      if (isBytes(entry)) text += `{"${BYTES_KEY}":"${toBase64(entry)}"}`;
      else begin(entry);
    } catch (error) {
      // a getter or a proxy that throws, a detached buffer
      throw error instanceof SessionError ? error : refusal('an object that cannot be read');
    }
  };

  const numberText = (number: number): string => {
    if (!Number.isFinite(number)) throw refusal(String(number));
    return Object.is(number, -0) ? '-0' : String(number);
  };

  const begin = (source: object): void => {
    if (ancestors.has(source)) throw refusal('a cycle');
    if (Object.getOwnPropertySymbols(source).length > 0) throw refusal('an object with a symbol key');
    if (Array.isArray(source)) {
      // the prototype of plain arrays is an array itself
      if (!Array.isArray(Object.getPrototypeOf(source))) throw refusal(`a ${className(source)}`);
      if (Object.keys(source).length !== source.length)
        throw refusal('an array with holes or named properties');
      open.push({ source, keys: undefined, escape: '', values: source, next: 0 });
      text += '[';
    } else {
      if (!isPlainObject(source)) throw refusal(`a ${className(source)}`);
      const entries = Object.entries(source).filter(([, held]) => held !== undefined);
      if (canonical) entries.sort(([left], [right]) => (left < right ? -1 : 1));
      const keys = entries.map(([key]) => key);
      const escape = keys.length === 1 && BYTES_LOOKALIKE.test(String(keys[0])) ? '$' : '';
      open.push({ source, keys, escape, values: entries.map(([, held]) => held), next: 0 });
      text += '{';
    }
    ancestors.add(source);
  };

  const refusal = (what: string): SessionError =>
    new SessionError(
      'UNSERIALIZABLE_ITEM',
      `${path}${pathOf(open)} is ${what}, which cannot be stored exactly`,
    );

  write(value);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    if (top.next === top.values.length) {
      text += top.keys ? '}' : ']';
      ancestors.delete(top.source);
      open.pop();
      continue;
    }
    const index = top.next++;
    if (index > 0) text += ',';
    if (top.keys) text += `${JSON.stringify(`${top.escape}${top.keys[index]}`)}:`;
    write(top.values[index]);
  }
  return text;
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

/** An object of any realm that no class made. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function fromBase64(text: string): Uint8Array {
  // Buffer.from would read past what is none
  if (!BASE64.test(text) || text.length % 4 !== 0) throw new SyntaxError('not base64');
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function className(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'class instance';
}

/** Where the container on top was reading, as in `.providerData[2]["a key"]`. */
function pathOf(open: readonly OpenContainer[]): string {
  return open
    .map(({ keys, next }) => {
      if (!keys) return `[${next - 1}]`;
      const key = String(keys[next - 1]);
      if (/^[A-Za-z_$][\w$]{0,63}$/.test(key)) return `.${key}`;
      return `[${JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key)}]`;
    })
    .join('');
}

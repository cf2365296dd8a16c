import { isPlainObject } from '../../arguments/isPlainObject';
import { SessionError } from '../../store/errors';

/** As the SDK for Python has it in the place of an id that its model gave none. */
const FAKE_ID = '__fake_id__';
const PLAIN_NAME = /^\w{1,64}$/;

/**
 * The fields of one object of the Responses API, whose names are in snake_case. What is null is not there. What nobody takes is
 * handed on as the SDK's `providerData`.
 */
export class Fields {
  readonly path: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  /** `provider_data` is what the SDK for Python keeps of other providers, and does not send either. */
  readonly #taken = new Set(['type', 'provider_data']);

  constructor(value: unknown, path: string) {
    if (!isPlainObject(value)) throw refused(`${path} must be an object`);
    this.path = path;
    this.#fields = value;
  }

  /** Undefined where there is none. */
  take(name: string): unknown {
    this.#taken.add(name);
    return this.peek(name);
  }

  peek(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined;
  }

  some(name: string): unknown {
    const value = this.take(name);
    if (value === undefined) throw refused(`${this.path} must have ${name}`);
    return value;
  }

  text(name: string): string {
    const value = this.take(name);
    if (typeof value !== 'string') throw refused(`${this.path}.${name} must be a string`);
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.take(name);
    return value === undefined ? undefined : this.text(name);
  }

  optionalNumber(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'number') return value;
    throw refused(`${this.path}.${name} must be a number`);
  }

  /** One of these texts; undefined where there is none. */
  oneOf<Text extends string>(name: string, texts: readonly Text[]): Text | undefined {
    const value = this.take(name);
    const text = texts.find((known) => known === value);
    if (value !== undefined && text === undefined) throw this.unknown(name, value);
    return text;
  }

  object(name: string): Fields {
    return new Fields(this.take(name), `${this.path}.${name}`);
  }

  optionalObject(name: string): Fields | undefined {
    const value = this.take(name);
    return value === undefined ? undefined : this.object(name);
  }

  list(name: string): Fields[] {
    const value = this.take(name);
    if (!Array.isArray(value)) throw refused(`${this.path}.${name} must be a list`);
    return value.map((element, index) => new Fields(element, `${this.path}.${name}[${index}]`));
  }

  id(): string | undefined {
    const id = this.optionalText('id');
    return id === FAKE_ID ? undefined : id;
  }

  /** What nobody has taken: `{ providerData }`, or nothing where all of it was. */
  rest(): { readonly providerData?: Record<string, unknown> } {
    const entries = Object.entries(this.#fields).filter(([name]) => !this.#taken.has(name));
    for (const [name, value] of entries) assertSentAsItIs(name, value, this.path);
    return entries.length === 0 ? {} : { providerData: Object.fromEntries(entries) };
  }

  /** All fields, as they are, for what the SDK sends as it finds it. */
  whole(...without: string[]): Record<string, unknown> {
    const left = new Set([...without, 'provider_data']);
    const entries = Object.entries(this.#fields).filter(([name]) => !left.has(name));
    for (const [name, value] of entries) assertSentAsItIs(name, value, this.path);
    return Object.fromEntries(entries);
  }

  asItIs(): object {
    return this.#fields;
  }

  /** The value may be content. */
  unknown(name: string, value: unknown): SessionError {
    const shown = typeof value === 'string' && PLAIN_NAME.test(value) ? `"${value}"` : '"…"';
    return refused(`${this.path} has the ${name} ${shown}, which the SDK for JavaScript cannot send`);
  }
}

/** The SDK sends what is in `providerData` with each key in snake_case, but for what is in lists. */
function assertSentAsItIs(name: string, value: unknown, path: string): void {
  if (name !== name.toLowerCase()) {
    throw refused(`${path} has a field whose name the SDK for JavaScript would not send as it is`);
  }
  if (!isPlainObject(value)) return;
  for (const [key, held] of Object.entries(value)) assertSentAsItIs(key, held, path);
}

export function refused(message: string): SessionError {
  return new SessionError('INVALID_ARGUMENT', message);
}

import type { AgentInputItem } from '@openai/agents';
import fc from 'fast-check';
import { SessionError, type SessionErrorCode } from '../src';
import { isDescribing, type DescribingStore, type HistoryChange, type SessionStore } from '../src/store';

export function message(content: string): AgentInputItem {
  return { role: 'user', content };
}

/** An item that holds `value`, which needs no type of the SDK. */
export function itemWith(value: unknown): AgentInputItem {
  return { role: 'user', content: 'a', providerData: { value } };
}

/** Fails unless `action` throws, or rejects with, a `SessionError` of this code. */
export async function expectCode(code: SessionErrorCode, action: () => unknown): Promise<SessionError> {
  const error: unknown = await Promise.resolve()
    .then(action)
    .then(
      () => new Error(`expected ${code}, but it succeeded`),
      (reason: unknown) => reason,
    );
  if (!SessionError.is(error)) throw error;
  expect(error.code).toBe(code);
  return error;
}

/** All that an error tells, by whatever way it is printed. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name} ${error.message} ${JSON.stringify(error)} ${error.stack} ${textOf(error.cause)}`;
}

export interface Request {
  readonly method: Exclude<keyof DescribingStore, 'cacheKey'>;
  readonly sessionId: string;
  readonly last?: number | undefined;
  readonly change?: HistoryChange;
}

/** The store, and what it was asked so far. */
export function recording(store: SessionStore): { store: SessionStore; requests: Request[] } {
  const requests: Request[] = [];
  return {
    requests,
    store: {
      read: (sessionId, options) => {
        requests.push({ method: 'read', sessionId, last: options?.last });
        return store.read(sessionId, options);
      },
      commit: (sessionId, change) => {
        requests.push({ method: 'commit', sessionId, change });
        return store.commit(sessionId, change);
      },
      clear: (sessionId) => {
        requests.push({ method: 'clear', sessionId });
        return store.clear(sessionId);
      },
      ...(isDescribing(store) && {
        describe: (sessionId: string) => {
          requests.push({ method: 'describe', sessionId });
          return store.describe(sessionId);
        },
      }),
    },
  };
}

/** A promise to settle by hand. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

const awkwardKey = fc.constantFrom(
  ...['', ' ', '__proto__', 'constructor', 'toString', 'toJSON', 'hasOwnProperty', 'length', '0', '10', '-1'],
  ...['$bytes', '$$bytes', '$$$bytes', '$', 'bytes', '\0', '"', '\\', '\u2028', '\ud800', 'ä', 'a\u0308'],
);

const anyString = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('{"$bytes":"AAAA"}', '$bytes":', '__proto__', '\ud83d', '\udca9'),
);

const anyNumber = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 0, 5e-324, -5e-324, 1.7976931348623157e308, 2 ** 53, 2 ** 53 + 2, 1e21, 1e-7, 0.1),
);

const { value } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), anyNumber, anyString, fc.uint8Array()),
    fc.array(tie('value'), { maxLength: 6 }),
    tie('object'),
  ),
  // Object.fromEntries, because assigning to `__proto__` would set the prototype
  object: fc
    .tuple(fc.array(fc.tuple(fc.oneof(awkwardKey, anyString), tie('value')), { maxLength: 5 }), fc.boolean())
    .map(([entries, bare]): object => {
      const object = Object.fromEntries(entries) as object;
      return bare ? (Object.setPrototypeOf(object, null) as object) : object;
    }),
}));

/** Everything that can be stored exactly, with a liking for what is hard. */
export const anyStorable: fc.Arbitrary<unknown> = value;

/** Whether both are the same value: -0 is not 0, bytes are not objects; prototypes and the order of keys don't matter. */
export function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return Object.is(left, right);
  }
  if (kindOf(left) !== kindOf(right)) return false;
  const [leftKeys, rightKeys] = [Object.keys(left).sort(), Object.keys(right).sort()];
  return (
    leftKeys.length === rightKeys.length &&
    leftKeys.every((key, index) => key === rightKeys[index] && isSame(own(left, key), own(right, key)))
  );
}

function kindOf(value: object): string {
  if (Array.isArray(value)) return 'array';
  return ArrayBuffer.isView(value) ? 'bytes' : 'object';
}

function own(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value as unknown;
}

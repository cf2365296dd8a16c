import { Blob, constants } from 'node:buffer';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { SessionError } from '../src';
import { fromExactJson, toExactJson } from '../src/records/exactJson';
import { itemText } from '../src/records/itemJson';
import { anyStorable, expectCode, isSame } from './support';

const through = (value: unknown): unknown => fromExactJson(toExactJson(value, 'value'));
const canonical = (value: unknown): string => toExactJson(value, 'value', true);

describe('the round trip', () => {
  test('gives back every storable value exactly', () => {
    fc.assert(
      fc.property(anyStorable, (value) => {
        expect(isSame(through(value), value)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('gives text that is well-formed Unicode and valid JSON', () => {
    fc.assert(
      fc.property(anyStorable, (value) => {
        const text = toExactJson(value, 'value');
        expect(Buffer.from(text).toString()).toBe(text);
        expect(() => void JSON.parse(text)).not.toThrow();
      }),
    );
  });

  test('keeps the order of keys', () => {
    const value = { z: 1, a: 2, '': 3, m: { b: 1, a: 2 } };
    expect(toExactJson(value, 'value')).toBe('{"z":1,"a":2,"":3,"m":{"b":1,"a":2}}');
  });

  test('writes what JSON.stringify writes, where that loses nothing', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
        fc.pre(!text.includes('$bytes'));
        const value: unknown = JSON.parse(text);
        expect(toExactJson(value, 'value')).toBe(JSON.stringify(value));
      }),
    );
  });

  test.each([-0, 5e-324, 1.7976931348623157e308, 2 ** 53 + 2, 1e21, -1e-7, 0.1 + 0.2])(
    'keeps %p',
    (number) => {
      expect(Object.is(through(number), number)).toBe(true);
    },
  );

  test.each(['\ud800', '\udc00x', 'x\ud83d', '\udca9\ud83d', '💥', '\0', '\u2028', '"\\'])(
    'keeps %j',
    (text) => {
      expect(through({ [text]: text })).toEqual({ [text]: text });
    },
  );

  test('keeps keys that mean something to objects', () => {
    const text = '{"__proto__":{"polluted":true},"constructor":1,"toString":2,"hasOwnProperty":3,"2":4,"":5}';
    const value = JSON.parse(text) as object;
    const back = through(value) as object;
    expect(isSame(back, value)).toBe(true);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect('polluted' in back).toBe(false);
  });

  test('keeps bytes at and below such keys', () => {
    for (const held of [Uint8Array.of(1, 2), { constructor: [Uint8Array.of(1, 2)] }, { $bytes: 'AQID' }]) {
      const value = Object.fromEntries([['__proto__', held]]);
      const back = through(value) as object;
      expect(isSame(back, value)).toBe(true);
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    }
  });

  test('drops properties that are undefined, as JSON does', () => {
    expect(through({ a: undefined, b: [{ c: undefined }] })).toStrictEqual({ b: [{}] });
  });

  test('writes shared references out, and shares nothing after', () => {
    const shared = { list: [1] };
    const back = through({ a: shared, b: [shared, shared] }) as { a: unknown; b: unknown[] };
    expect(back).toEqual({ a: { list: [1] }, b: [{ list: [1] }, { list: [1] }] });
    expect(new Set([back.a, ...back.b]).size).toBe(3);
  });

  test('takes objects without a prototype, and from another realm', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    const foreign: unknown = runInNewContext('({ a: [{ b: 1 }], bytes: new Uint8Array([1, 255]) })');
    expect(through(bare)).toStrictEqual({ a: 1 });
    expect(through(foreign)).toStrictEqual({ a: [{ b: 1 }], bytes: Uint8Array.of(1, 255) });
  });

  test.each<[string, (inner: unknown) => unknown, (outer: unknown) => unknown]>([
    ['arrays', (inner) => [inner], (outer) => (outer as unknown[])[0]],
    ['objects', (inner) => ({ a: inner }), (outer) => (outer as { a: unknown }).a],
  ])(
    'takes %s 100,000 deep',
    (_what, wrap, unwrap) => {
      const bytes = Uint8Array.of(7);
      let value: unknown = bytes;
      for (let depth = 0; depth < 100_000; depth++) value = wrap(value);
      expect(canonical(value)).toBe(toExactJson(value, 'value'));
      let back = through(value);
      for (let depth = 0; depth < 100_000; depth++) back = unwrap(back);
      expect(back).toStrictEqual(bytes);
    },
    60_000,
  );
});

describe('bytes', () => {
  const large = Uint8Array.from({ length: 300 }, (_, index) => index);

  test.each<[string, Uint8Array, number[]]>([
    ['Uint8Array', Uint8Array.of(0, 1, 255), [0, 1, 255]],
    ['an empty one', new Uint8Array(0), []],
    ['Buffer', Buffer.from('ä'), [0xc3, 0xa4]],
    ['Buffer from the pool', Buffer.from('pooled').subarray(2, 4), [0x6f, 0x6c]],
    ['a view with an offset', large.subarray(254, 258), [254, 255, 0, 1]],
    ['one on shared memory', new Uint8Array(new SharedArrayBuffer(2)), [0, 0]],
  ])('%s comes back as a Uint8Array of its own', (_what, bytes, expected) => {
    const { data } = through({ data: bytes }) as { data: Uint8Array };
    expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype);
    expect([...data]).toEqual(expected);
    expect(data.buffer.byteLength).toBe(data.byteLength);
    bytes.fill(42);
    expect([...data]).toEqual(expected);
  });

  test('are tagged, readable base64', () => {
    expect(toExactJson({ a: Uint8Array.of(1, 2, 3) }, 'value')).toBe('{"a":{"$bytes":"AQID"}}');
  });

  test.each<[string, object]>([
    ['the tag', { $bytes: 'AQID' }],
    ['the tag around no base64', { $bytes: 'not base64!' }],
    ['the tag around a number', { $bytes: 1 }],
    ['the tag around bytes', { $bytes: Uint8Array.of(1) }],
    ['an escaped tag', { $$bytes: 'AQID' }],
    ['a twice escaped tag', { $$$bytes: 'AQID' }],
    ['tags in each other', { $bytes: { $$bytes: { $bytes: Uint8Array.of(1) } } }],
    ['a tag with another key', { $bytes: 'AQID', more: Uint8Array.of(1) }],
    ['a tag with an undefined key', { $bytes: 'AQID', more: undefined }],
    ['tags in a list', [{ $bytes: '' }, [{ $$bytes: '' }], Uint8Array.of()]],
  ])("a user's object that looks like %s survives", (_what, value) => {
    expect(through(value)).toEqual(value);
    expect(through(through(value))).toEqual(value);
  });

  test('a tag without base64 is an error, not other bytes', () => {
    for (const text of ['!!!!', 'AQI', 'AQID=', 'AQ=D', 'AQ-_', ' AQI']) {
      expect(() => fromExactJson(JSON.stringify({ $bytes: text }))).toThrow(SyntaxError);
    }
  });
});

describe('the canonical text', () => {
  test('ignores the order of keys and nothing else', () => {
    fc.assert(
      fc.property(anyStorable, (value) => {
        expect(canonical(reordered(value))).toBe(canonical(value));
        // so equal texts are texts of equal values
        expect(isSame(fromExactJson(canonical(value)), value)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('tells different values apart', () => {
    const different: unknown[] = [
      ...[null, false, 0, -0, '', '0', 'null', [], {}, [null], [[]], ['0'], [0], { 0: 0 }],
      ...[{ a: null }, { a: 0 }, { a: '0' }, { a: [0] }, { a: { 0: 0 } }, { b: 0 }, { a: 0, b: 0 }],
      ...[new Uint8Array(0), { $bytes: '' }, { $$bytes: '' }, Uint8Array.of(0), { $bytes: 'AA==' }],
      ...[
        { a: { b: 0 }, c: 0 },
        { a: { b: 0, c: 0 } },
        [[0], 0],
        [[0, 0]],
        'ä',
        'a\u0308',
        '\ud800',
        '\udfff',
      ],
    ];
    expect(new Set(different.map(canonical)).size).toBe(different.length);
  });
});

describe('what JSON cannot carry exactly', () => {
  class Point {
    x = 1;
  }
  class List extends Array<number> {}
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const detached = new Uint8Array(4);
  structuredClone(detached, { transfer: [detached.buffer] });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  const values: Record<string, unknown> = {
    Date: new Date(0),
    Map: new Map(),
    Set: new Set(),
    WeakMap: new WeakMap(),
    RegExp: /secret/,
    Error: new Error('secret'),
    Promise: Promise.resolve(),
    URL: new URL('http://secret.test'),
    Blob: new Blob([]),
    'a class instance': new Point(),
    'a class instance of another realm': runInNewContext('new (class { a = "secret" })()') as unknown,
    'an object with an inherited property': Object.create({ secret: 1 }) as unknown,
    'an array of a class': List.of(1),
    BigInt: 123456789n,
    function: () => 'secret',
    'a symbol': Symbol('secret'),
    NaN: NaN,
    Infinity: Infinity,
    '-Infinity': -Infinity,
    ArrayBuffer: new ArrayBuffer(2),
    DataView: new DataView(new ArrayBuffer(2)),
    Uint8ClampedArray: Uint8ClampedArray.of(1),
    Int8Array: Int8Array.of(1),
    Uint16Array: Uint16Array.of(1),
    Float64Array: Float64Array.of(1),
    'a boxed number': Object(1) as unknown,
    'a boxed string': Object('secret') as unknown,
    'a boxed boolean': Object(true) as unknown,
    'an object with toJSON': { toJSON: () => 'secret' },
    'an object with a symbol key': { [Symbol('secret')]: 1 },
    'a method': { run() {} },
    arguments: runInNewContext('(function () { return arguments; })(1)') as unknown,
    'a cycle': cycle,
    'a hidden property': Object.defineProperty({ a: 1 }, 'secret', { value: 1 }),
    'a hidden property of an array': Object.defineProperty([1], 'secret', { value: 1 }),
    'a getter that throws a SessionError': {
      get secret() {
        throw new SessionError('STORE_FAILURE', 'secret');
      },
    },
    'an array with a getter that throws': Object.defineProperty([1, 2], 1, {
      get: () => {
        throw new Error('secret');
      },
    }),
    'a getter that throws': {
      get secret() {
        throw new Error('secret');
      },
    },
    'a revoked proxy': revoked.proxy,
    'detached bytes': detached,
    'an array with undefined': [undefined],
    // eslint-disable-next-line no-sparse-arrays
    'an array with a hole': [1, , 2],
    'an array with a named property': Object.assign([1], { secret: 1 }),
    // eslint-disable-next-line no-sparse-arrays
    'an array with a hole and a named property': Object.assign([1, , 2], { secret: 1 }),
  };
  const inner: Record<string, string> = {
    'an object with toJSON': '.toJSON',
    'a method': '.run',
    'a cycle': '.self',
    'an array with undefined': '[0]',
    'an array with a hole and a named property': '[1]',
  };

  test.each(Object.keys(values))('%s is refused, by its path and without its content', async (what) => {
    const value = { list: [0, { at: values[what] }] };
    for (const encode of [() => toExactJson(value, 'items[3]'), () => toExactJson(value, 'items[3]', true)]) {
      const { message } = await expectCode('UNSERIALIZABLE_ITEM', encode);
      const path = `items[3].list[1].at${inner[what] ?? ''}`;
      expect(message.startsWith(`${path} is `)).toBe(true);
      expect(message.slice(path.length)).not.toMatch(/secret|123456789/);
    }
  });

  test('undefined and functions are refused as a whole, too', async () => {
    await expectCode('UNSERIALIZABLE_ITEM', () => toExactJson(undefined, 'value'));
    await expectCode('UNSERIALIZABLE_ITEM', () => toExactJson(() => 1, 'value'));
  });

  test.each<[object, string]>([
    [{ a: { 'a key': NaN } }, 'v.a["…"]'],
    [{ 'a"b': [[NaN]] }, 'v["…"][0][0]'],
    [{ '': NaN }, 'v["…"]'],
    [{ [`a${'b'.repeat(64)}`]: NaN }, 'v["…"]'],
    [{ __proto__: null, $x_1: NaN }, 'v.$x_1'],
    [{ 0: NaN }, 'v["…"]'],
    [{ $bytes: NaN }, 'v.$bytes'],
    [{ a: { $$bytes: [NaN] } }, 'v.a.$$bytes[0]'],
    [{ ok: 1, bad: NaN, other: 1 }, 'v.bad'],
    [[[], [{}, { a: 1 }, NaN]], 'v[1][2]'],
    [{ gone: undefined, bad: NaN }, 'v.bad'],
  ])('the path of %j', async (value, path) => {
    const { message } = await expectCode('UNSERIALIZABLE_ITEM', () => toExactJson(value, 'v'));
    expect(message).toBe(`${path} is NaN, which cannot be stored exactly`);
  });

  test('a path of 100,000 levels shows its start and its end, in 200 characters', async () => {
    let value: unknown = { at: NaN };
    for (let depth = 0; depth < 100_000; depth++) value = depth % 2 ? { inner: value } : [value];
    const { message } = await expectCode('UNSERIALIZABLE_ITEM', () => toExactJson(value, 'items[3]'));
    const path = message.split(' is ')[0] ?? '';
    expect(path).toHaveLength(200);
    expect(path).toMatch(/^items\[3\]\.inner\[0\]\.inner.*…(.*)\.inner\[0\]\.at$/);
  });

  test.each<[string, unknown]>([
    ['is no plain name', 'x secret'],
    ['is no text', { toString: () => 'secret' }],
    ['is long', 'secret'.repeat(100)],
  ])('the name of a class is not quoted where it %s', async (_what, name) => {
    const constructor = Object.defineProperty(() => 1, 'name', { value: name });
    const { message } = await expectCode('UNSERIALIZABLE_ITEM', () =>
      toExactJson(Object.create({ constructor }), 'v'),
    );
    expect(message).toBe('v is a class instance, which cannot be stored exactly');
  });

  test('an array element that is hidden is stored, as JSON does', () => {
    const array = Object.defineProperty([1, 2], 1, { enumerable: false });
    expect(toExactJson(array, 'v')).toBe('[1,2]');
  });

  test('no refusal is anything but a SessionError', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true }),
        (value) => {
          try {
            toExactJson(value, 'value');
          } catch (error) {
            expect(error).toBeInstanceOf(SessionError);
          }
        },
      ),
    );
  });
});

/** The same value with all keys in the opposite order. */
function reordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(reordered);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, held]) => [key, reordered(held)]),
  );
}

describe('what is longer than a string can be', () => {
  const LONGEST = constants.MAX_STRING_LENGTH;
  const values: Record<string, () => unknown> = {
    'a text of all characters that there can be': () => 'x'.repeat(LONGEST),
    'a text that is too long once escaped': () => '\0'.repeat(Math.ceil(LONGEST / 6)),
    bytes: () => new Uint8Array(LONGEST),
    'bytes that are too long as base64': () => new Uint8Array(Math.ceil((LONGEST / 4) * 3)),
  };

  test.each(Object.entries(values))('%s is too large for a commit', async (_what, make) => {
    const { message } = await expectCode('COMMIT_TOO_LARGE', () =>
      itemText({ role: 'user', content: make() }, 'items[3]'),
    );
    expect(message).toBe(`items[3] is too large: its JSON would be longer than ${LONGEST} characters`);
  });
});

import * as fc from 'fast-check';
import { toExactJson } from '../src/records/exactJson';
import { fastJson } from '../src/records/fastJson';

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined, -0, NaN, '\ud800'),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('$bytes', '$$bytes', '__proto__', 'toJSON', '0')),
      tie('value'),
      {
        maxKeys: 4,
      },
    ),
  ),
})).value;

test('the fast writer writes what the careful one writes, or leaves it to that', () => {
  let fast = 0;
  fc.assert(
    fc.property(value, (each) => {
      const plain = fastJson(each);
      if (plain === undefined) return;
      fast++;
      expect(plain).toBe(toExactJson(each, 'value'));
    }),
    { numRuns: 2_000 },
  );
  expect(fast).toBeGreaterThan(200);
});

test.each<[string, unknown]>([
  [
    'a getter that throws',
    Object.defineProperty({}, 'a', {
      enumerable: true,
      get: () => {
        throw new Error();
      },
    }),
  ],
  [
    'a cycle',
    (() => {
      const cycle: { self?: unknown } = {};
      return (cycle.self = cycle);
    })(),
  ],
  ['a toJSON method', { toJSON: () => 1 }],
  ['a Date', { at: new Date(0) }],
  ['a symbol key', { [Symbol('s')]: 1 }],
  ['an array with holes', [, 1]], // eslint-disable-line no-sparse-arrays
  ['an array with a named property', Object.assign([1], { a: 1 })],
  ['a hidden property', Object.defineProperty({ b: 1 }, 'a', { value: 1 })],
  ['a hidden property of an array', Object.defineProperty([1], 'a', { value: 1 })],
  ['undefined in an array', [undefined]],
  ['a text of more than 16 MB', 'x'.repeat(2 ** 24 + 1)],
  ['an array of a class', new (class List extends Array<unknown> {})()],
])('%s is left to the careful writer', (_what, each) => {
  expect(fastJson(each)).toBeUndefined();
});

import type { AgentInputItem } from '@openai/agents';
import * as fc from 'fast-check';
import { approximateTokens } from '../src';
import { itemText } from '../src/records/itemJson';
import { user } from './histories';
import { anyStorable, itemWith } from './support';

const ofData = (data: unknown): number => approximateTokens({ ...user(''), providerData: { data } });

test('a quarter of the bytes as JSON', () => {
  expect(approximateTokens(user('x'.repeat(4_000)))).toBeGreaterThan(1_000);
  expect(approximateTokens(user('x'.repeat(4_000)))).toBeLessThan(1_020);
  expect(approximateTokens(user('ä'.repeat(4_000)))).toBeGreaterThan(2_000);
  expect(approximateTokens(user('ä'.repeat(4_000)))).toBeLessThan(2_020);
});

test.each<[string, unknown]>([
  ['a Uint8Array', new Uint8Array(3_000)],
  ['a Buffer', Buffer.alloc(3_000)],
  ['a view of a part', new Uint8Array(9_000).subarray(3_000, 6_000)],
])('bytes count as base64: %s', (_what, bytes) => {
  expect(ofData(bytes)).toBeGreaterThan(1_000);
  expect(ofData(bytes)).toBeLessThan(1_030);
});

test('what is stored of an item is about four bytes a token', () => {
  fc.assert(
    fc.property(anyStorable, (value) => {
      const item = itemWith(value);
      // texts are not escaped here, and bytes have no tag
      const bytes = Buffer.byteLength(itemText(item, 'item'));
      expect(approximateTokens(item) * 4).toBeLessThanOrEqual(bytes + 3);
      expect(approximateTokens(item) * 4 * 6).toBeGreaterThanOrEqual(bytes - 11 * 200);
    }),
    { numRuns: 500 },
  );
});

test('what is there several times counts several times', () => {
  const shared = { text: 'x'.repeat(400) };
  expect(ofData([shared, [shared], shared])).toBeGreaterThan(300);
  const bytes = new Uint8Array(300);
  expect(ofData([bytes, bytes])).toBeGreaterThan(200);
});

test('an object in 2^60 places is measured in no time', () => {
  let value: unknown = 'x';
  for (let level = 0; level < 60; level++) value = [value, value];
  expect(ofData(value)).toBeGreaterThan(2 ** 58);
});

describe('an unusual item is measured, too', () => {
  class Secretive extends Uint8Array {
    override get byteLength(): number {
      throw new Error('no');
    }
  }
  const cycle: { self?: unknown } = {};
  cycle.self = [cycle];
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  let deep: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  const sparse: unknown[] = [];
  sparse.length = 2 ** 32 - 1;
  const text = 'x'.repeat(400);
  const throwing = {
    get a(): never {
      throw new Error('no');
    },
  };

  test.each<[string, unknown]>([
    ['a BigInt', 10n],
    ['a symbol', Symbol('s')],
    ['a function', () => 1],
    ['undefined', undefined],
    ['null', null],
    ['a cycle', cycle],
    ['a revoked proxy', proxy],
    ['a getter that throws', throwing],
    ['bytes that throw', new Secretive(4)],
    ['a toJSON that throws', { toJSON: throwing.constructor }],
    ['a Date', new Date(NaN)],
    ['100,000 levels', deep],
    ['an array of four billion holes', sparse],
    ['a longer text than JSON can have', 'x'.repeat(2 ** 28)],
  ])('%s', (_what, value) => {
    const size = ofData([value, text]);
    expect(Number.isSafeInteger(size)).toBe(true);
    expect(size).toBeGreaterThan(100);
    expect(Number.isSafeInteger(approximateTokens(value as AgentInputItem))).toBe(true);
  });

  test('whatever it is', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSparseArray: true,
          withTypedArray: true,
        }),
        (value) => {
          expect(ofData(value)).toBeGreaterThan(0);
        },
      ),
    );
  });
});

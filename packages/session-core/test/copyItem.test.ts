import type { AgentInputItem } from '@openai/agents';
import * as fc from 'fast-check';
import { copyItem } from '../src/records/copyItem';
import { fromExactJson, toExactJson } from '../src/records/exactJson';

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, -0),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('$bytes', '$$bytes', '__proto__', 'toJSON', '0')),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;

const item = fc.dictionary(fc.string(), value);

test('a copy is equal, and shares nothing that can be changed', () => {
  fc.assert(
    fc.property(item, (each) => {
      const original = fromExactJson(toExactJson(each, 'item')) as AgentInputItem;
      const copy = copyItem(original);
      expect(toExactJson(copy, 'item')).toBe(toExactJson(original, 'item'));
      const parts = objectsIn(original);
      expect([...objectsIn(copy)].filter((part) => parts.has(part))).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test('what somebody has put into Object.prototype is not copied into an item', () => {
  Object.defineProperty(Object.prototype, 'polluted', {
    value: { by: 'somebody' },
    enumerable: true,
    writable: true,
    configurable: true,
  });
  try {
    const copy = copyItem({ role: 'user', content: 'a' });
    expect(Object.keys(copy ?? {})).toEqual(['role', 'content']);
  } finally {
    delete (Object.prototype as { polluted?: unknown }).polluted;
  }
});

test('what is nested too deep is not copied', () => {
  const deep = (levels: number): AgentInputItem =>
    ({
      type: 'unknown',
      providerData: JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as object,
    }) as never;
  expect(copyItem(deep(90))).toEqual(deep(90));
  expect(copyItem(deep(50_000))).toBeUndefined();
});

function objectsIn(root: unknown, found = new Set<object>()): Set<object> {
  if (typeof root !== 'object' || root === null) return found;
  found.add(root);
  for (const held of Object.values(root)) objectsIn(held, found);
  return found;
}

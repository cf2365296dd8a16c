import type { AgentInputItem } from '@openai/agents';
import * as fc from 'fast-check';
import { assertStorable, MemoryStore, SessionError, StoredSession } from '../src';
import { anyStorable, expectCode, itemWith, message } from './support';

const whatIsWrong = async (action: () => unknown): Promise<unknown> => {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (!SessionError.is(error)) throw error;
    return [error.code, error.message];
  }
};

test('says what addItems says, whatever the items are', async () => {
  const anyItem = fc.oneof(
    anyStorable.map(itemWith),
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true }).map(itemWith),
    fc.anything(),
  );
  let [accepted, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(anyItem, { maxLength: 4 }), async (items) => {
      const given = items as AgentInputItem[];
      const session = new StoredSession(new MemoryStore());
      const told = await whatIsWrong(() => assertStorable(given));
      expect(told).toEqual(await whatIsWrong(() => session.addItems(given)));
      if (told === undefined) accepted++;
      else refused++;
    }),
    { numRuns: 300 },
  );
  expect(Math.min(accepted, refused)).toBeGreaterThan(30);
});

test('names the path', async () => {
  const items = [message('a'), { ...message('b'), providerData: { at: new Date(0) } }];
  const error = await expectCode('UNSERIALIZABLE_ITEM', () => assertStorable(items));
  expect(error.message).toMatch(/^items\[1\]\.providerData\.at is a Date/);
});

test('maxBytes counts the bytes of all items together', async () => {
  const items = [message('ä'), message('b'), itemWith(new Uint8Array(30))];
  const session = new StoredSession(new MemoryStore());
  await session.addItems(items);
  const bytes = items.reduce((sum, item) => {
    const text = JSON.stringify(item, (_key, value: unknown) =>
      value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('base64') } : value,
    );
    return sum + Buffer.byteLength(text);
  }, 0);
  assertStorable(items, { maxBytes: bytes });
  const error = await expectCode('COMMIT_TOO_LARGE', () => assertStorable(items, { maxBytes: bytes - 1 }));
  expect(error.message).toBe(`the items take ${bytes} bytes, and ${bytes - 1} are allowed`);
  assertStorable([], { maxBytes: 0 });
});

test.each([NaN, -1, '16', null])('maxBytes %p is refused', async (maxBytes) => {
  await expectCode('INVALID_ARGUMENT', () => assertStorable([], { maxBytes: maxBytes as number }));
});

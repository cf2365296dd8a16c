import type { AgentInputItem } from '@openai/agents';
import { copySession, exportSession, importSession } from '@agent-sessions/session-core/moving';
import * as fc from 'fast-check';
import { ALL, type BackendName } from '../src/backends';
import { useBackend } from './support';

/** Of an item: text, numbers that JSON.stringify loses, bytes, and keys that objects have of themselves. */
const items: fc.Arbitrary<AgentInputItem[]> = fc.array(
  fc
    .record({
      content: fc.string({ unit: 'binary', maxLength: 20 }),
      held: fc.oneof(fc.uint8Array({ maxLength: 9 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
      key: fc.constantFrom('__proto__', '$bytes', 'constructor', 'a'),
    })
    .map(({ content, held, key }) => ({
      role: 'user',
      content,
      providerData: Object.fromEntries([[key, held]]),
    })),
  { maxLength: 6 },
);

describe.each(ALL)('from %s', (source) => {
  const from = useBackend(source);
  describe.each(ALL)('to %s', (target: BackendName) => {
    const to = useBackend(target);

    test('an export is imported, and a session copied, exactly', async () => {
      await fc.assert(
        fc.asyncProperty(items, async (given) => {
          const original = from().session();
          await original.addItems(given);
          const copy = to().session();
          const { items: count } = await importSession(copy, exportSession(original));
          expect(count).toBe(given.length);
          const read = await copy.getItems();
          expect(read).toEqual(await original.getItems());
          expect(read).toEqual(given);

          const grown = to().session();
          await grown.importItems(given.slice(0, 2));
          expect(await copySession(original, grown)).toMatchObject({ items: given.length, missed: 0 });
          expect(await grown.getItems()).toEqual(given);
        }),
        { numRuns: 12 },
      );
    });
  });
});

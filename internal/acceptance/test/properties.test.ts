import { MemorySession, type AgentInputItem, type Session } from '@openai/agents';
import * as fc from 'fast-check';
import { ALL } from '../src/backends';
import { useBackend } from './support';

/** Random sequences of the five methods give the same on every backend as in the SDK's own in-memory session. */
type Step =
  | { readonly method: 'getItems'; readonly limit: number | undefined }
  | { readonly method: 'addItems'; readonly items: AgentInputItem[] }
  | { readonly method: 'popItem' }
  | { readonly method: 'clearSession' };

const item: fc.Arbitrary<AgentInputItem> = fc
  .record({
    content: fc.string({ unit: 'binary', maxLength: 20 }),
    // JSON.stringify would lose -0, and MemorySession keeps it, as we do.
    providerData: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 }),
  })
  .map((fields) => ({ role: 'user', ...fields }));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      method: fc.constant('addItems' as const),
      items: fc.array(item, { maxLength: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ method: 'popItem' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      method: fc.constant('getItems' as const),
      limit: fc.option(fc.integer({ min: -2, max: 12 }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ method: 'clearSession' as const }) },
);

async function perform(session: Session, each: Step): Promise<unknown> {
  switch (each.method) {
    case 'getItems':
      return session.getItems(each.limit);
    case 'addItems':
      return session.addItems(each.items);
    case 'popItem':
      return session.popItem();
    case 'clearSession':
      return session.clearSession();
  }
}

describe.each(ALL)('on %s', (name) => {
  const backend = useBackend(name);

  test('random sequences of the five methods equal the SDK’s MemorySession, step by step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 25 }), async (steps) => {
        const reference = new MemorySession();
        const first = backend().session();
        const second = backend().session({ sessionId: await first.getSessionId() });
        for (const [each, useSecond] of steps) {
          const expected = await perform(reference, each);
          expect(await perform(useSecond ? second : first, each)).toEqual(expected);
        }
        expect(await second.getItems()).toEqual(await reference.getItems());
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

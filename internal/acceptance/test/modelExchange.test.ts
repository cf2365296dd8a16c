import { MemorySession, RunContext, type AgentInputItem } from '@openai/agents';
import { getModelVisibleSessionItems } from '@openai/agents-core/utils/internal';
import { MemoryStore, StoredSession, type ModelExchange } from '@agent-sessions/session-core';
import fc from 'fast-check';
import { message } from './support';

/** Whether the model was shown what is stored, as the SDK itself judges it in its own compaction session. */

type Exchange = ModelExchange & { reasoningItemIdPolicy?: 'preserve' | 'omit' };

const RESULT: AgentInputItem = {
  type: 'function_call_result',
  callId: 'c1',
  name: 'tool',
  status: 'completed',
  output: 'done',
};

/** Whether a session shortens these items after an exchange. */
async function shortens(stored: AgentInputItem[], exchange: Exchange): Promise<boolean> {
  let isShortened = false;
  const session = new StoredSession(new MemoryStore(), {
    compaction: {
      shorten: () => {
        isShortened = true;
        return undefined;
      },
      shouldTriggerCompaction: () => true,
    },
  }) as Required<StoredSession>;
  const run = new RunContext();
  await session.addItems(stored);
  const { ownership } = await session.getItemsWithCompactionOwnership(run);
  await session.runCompaction({}, run, ownership, exchange);
  return isShortened;
}

function bySdk(stored: AgentInputItem[], shown: AgentInputItem[]): boolean {
  const exchange = { items: shown, reasoningItemIdPolicy: 'omit' as const };
  return getModelVisibleSessionItems(new MemorySession(), stored, exchange) !== undefined;
}

describe('what was shown', () => {
  const bytes = Uint8Array.of(1, 2, 250);
  const variants: [string, AgentInputItem, AgentInputItem][] = [
    ['without the id of a result', RESULT, { ...RESULT, id: 'fc_1' }],
    [
      'without the id of reasoning',
      { type: 'reasoning', content: [] },
      { type: 'reasoning', id: 'rs_1', content: [] },
    ],
    ['in another order of keys', { role: 'user', content: 'a' }, { content: 'a', role: 'user' }],
    [
      'with bytes as a data URL',
      { role: 'user', content: 'a', providerData: { data: 'data:text/plain;base64,AQL6' } },
      { role: 'user', content: 'a', providerData: { data: bytes } },
    ],
    [
      'with bytes as a data URL of their type',
      {
        role: 'user',
        content: 'a',
        providerData: { mediaType: 'image/png', data: 'data:image/png;base64,AQL6' },
      },
      { role: 'user', content: 'a', providerData: { mediaType: 'image/png', data: bytes } },
    ],
  ];

  test.each(variants)('is recognised %s', async (_what, stored, shown) => {
    const list = [message('first'), stored];
    for (const items of [[message('first'), shown], [shown], [message('first')]]) {
      expect(await shortens(list, { items })).toBe(bySdk(list, items));
    }
    expect(await shortens(list, { items: [message('first'), shown] })).toBe(true);
  });

  test('is judged alike, over any items', async () => {
    const items = fc.array(fc.constantFrom(...['a', 'b', 'c'].map(message)), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(items, items, async (stored, shown) => {
        fc.pre(stored.length > 0);
        expect(await shortens(stored, { items: shown })).toBe(bySdk(stored, shown));
      }),
    );
  });
});

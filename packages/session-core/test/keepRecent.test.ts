import type { AgentInputItem } from '@openai/agents';
import * as fc from 'fast-check';
import { keepRecent, SessionError, type KeepRecentOptions } from '../src';
import { assistant, call, histories, reasoning, result, user, type History } from './histories';

const NEW = [user('new')];
const one = (): number => 1;

const limits: fc.Arbitrary<KeepRecentOptions> = fc
  .record({
    turns: fc.option(fc.nat({ max: 7 }), { nil: undefined }),
    budget: fc.option(fc.nat({ max: 60 }), { nil: undefined }),
  })
  .filter(({ turns, budget }) => turns !== undefined || budget !== undefined)
  .map((limit) => ({ ...limit, measure: one }));

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'no error';
  } catch (error) {
    return SessionError.is(error) ? error.code : String(error);
  }
}

/** What of the history the model sees. */
async function kept(
  options: KeepRecentOptions,
  items: AgentInputItem[],
  newItems = NEW,
): Promise<AgentInputItem[]> {
  const input = await keepRecent(options)([...items], [...newItems]);
  expect(input.slice(input.length - newItems.length)).toEqual(newItems);
  newItems.forEach((item, place) => expect(input[input.length - newItems.length + place]).toBe(item));
  return input.slice(0, input.length - newItems.length);
}

/** How many items of the history's end make up the newest turns. */
function lengthOfTurns({ items, starts }: History, turns: number): number {
  if (turns === 0) return 0;
  return items.length - (starts.at(-turns) ?? 0);
}

describe('whatever the limits', () => {
  test('what is kept is the very end of the history, unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ onTime: false }), limits, async ({ items }, limit) => {
        const selection = await kept(limit, items);
        const end = items.slice(items.length - selection.length);
        expect(selection.length).toBe(end.length);
        selection.forEach((item, place) => expect(item).toBe(end[place]));
      }),
      { numRuns: 500 },
    );
  });

  test('nothing is separated that belongs together', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ onTime: false }), limits, async ({ items, groups }, limit) => {
        // Every place to cut, by budgets of every size.
        const budgets = items.map((_, size) => ({ budget: size + NEW.length, measure: one }));
        for (const each of [limit, ...budgets]) {
          const selection = new Set(await kept(each, items));
          const separated = groups.filter(
            (group) => new Set(group.map((item) => selection.has(item))).size > 1,
          );
          expect(separated).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('selecting again from what was kept keeps it all', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ onTime: false }), limits, async ({ items }, limit) => {
        const selection = await kept(limit, items);
        expect(await kept(limit, selection)).toEqual(selection);
      }),
      { numRuns: 500 },
    );
  });
});

describe('turns', () => {
  test('exactly the newest turns are kept, where no result came a turn late', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ onTime: true }), fc.nat({ max: 7 }), async (history, turns) => {
        expect((await kept({ turns }, history.items)).length).toBe(lengthOfTurns(history, turns));
      }),
      { numRuns: 500 },
    );
  });

  test('at least the newest turns are kept, where results came late', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ onTime: false }), fc.nat({ max: 7 }), async (history, turns) => {
        expect((await kept({ turns }, history.items)).length).toBeGreaterThanOrEqual(
          lengthOfTurns(history, turns),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('a result that came a turn late keeps its call and the reasoning before it', async () => {
    const history = [
      user('a'),
      assistant('b'),
      reasoning('r'),
      call('late'),
      user('c'),
      result('late'),
      assistant('d'),
    ];
    expect(await kept({ turns: 1 }, history)).toEqual(history.slice(2));
  });

  test('where ids are the same in every turn, a result keeps the latest call only', async () => {
    const history = [user('a'), call('1'), user('b'), call('1'), result('1'), assistant('c')];
    expect(await kept({ turns: 1 }, history)).toEqual(history.slice(2));
  });

  test('a program that still runs keeps its calls', async () => {
    const caller = { type: 'program', callerId: 'p' } as const;
    const running: AgentInputItem = { type: 'program', callId: 'p', code: '', fingerprint: '' };
    const history = [user('a'), running, user('b'), { ...call('1'), caller } as AgentInputItem];
    expect(await kept({ turns: 1 }, history)).toEqual(history.slice(1));
  });

  test('a call that the new items answer is kept', async () => {
    const history = [user('a'), reasoning('r'), call('mine')];
    expect(await kept({ turns: 0 }, history, [result('mine')])).toEqual(history.slice(1));
  });
});

describe('a budget', () => {
  test('it is respected, and as many whole turns are kept as it allows, where no result came a turn late', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ onTime: true }), fc.nat({ max: 60 }), async (history, budget) => {
        const selection = await kept({ budget, measure: one }, history.items);
        const left = budget - NEW.length;
        const lengths = history.starts.map((_, index) => lengthOfTurns(history, index + 1));
        const most = Math.max(0, ...lengths.filter((length) => length <= left));
        if (most > 0) expect(selection.length).toBe(most);
        else expect(selection.length).toBeLessThanOrEqual(Math.max(0, left));
      }),
      { numRuns: 500 },
    );
  });

  test('it cuts into the newest turn where that alone is too large', async () => {
    const turn = [user('a'), call('1'), result('1'), call('2'), result('2'), assistant('b')];
    expect(await kept({ budget: 5, measure: one }, turn)).toEqual(turn.slice(3));
    expect(await kept({ budget: 4, measure: one }, turn)).toEqual(turn.slice(3));
    expect(await kept({ budget: 3, measure: one }, turn)).toEqual(turn.slice(5));
    expect(await kept({ budget: 1, measure: one }, turn)).toEqual([]);
  });

  test.each<[string, AgentInputItem[]]>([
    ['a function', [call('1'), result('1')]],
    [
      'a computer',
      [
        { type: 'computer_call', callId: '1', status: 'completed', action: { type: 'wait' } },
        { type: 'computer_call_result', callId: '1', output: { type: 'computer_screenshot', data: '' } },
      ],
    ],
    [
      'a patch',
      [
        {
          type: 'apply_patch_call',
          callId: '1',
          status: 'completed',
          operation: { type: 'delete_file', path: 'x' },
        },
        { type: 'apply_patch_call_output', callId: '1', status: 'completed' },
      ],
    ],
    [
      'a tool search',
      [
        { type: 'tool_search_call', call_id: '1', arguments: {} },
        { type: 'tool_search_output', call_id: '1', tools: [] },
      ],
    ],
  ])('it can cut behind the result of %s, since what follows is of another response', async (_what, pair) => {
    const turn = [user('a'), reasoning('r'), ...pair, assistant('b')];
    expect(await kept({ budget: 2, measure: one }, turn)).toEqual([assistant('b')]);
    expect(await kept({ budget: 4, measure: one }, turn)).toEqual([assistant('b')]);
    expect(await kept({ budget: 5, measure: one }, turn)).toEqual(turn.slice(1));
  });

  test('it counts the new items, and keeps them and what they answer whatever it is', async () => {
    const history = [user('a'), assistant('b'), reasoning('r'), call('mine')];
    const [begin, mine] = [history.slice(0, 2), history.slice(2)];
    expect(await kept({ budget: 4, measure: one }, history, [user('x'), user('y')])).toEqual(mine);
    expect(await kept({ budget: 3, measure: one }, begin, [user('x'), user('y')])).toEqual([assistant('b')]);
    expect(await kept({ budget: 0 }, history, [result('mine')])).toEqual(mine);
    expect(await kept({ budget: 0 }, history)).toEqual([]);
  });

  test('with turns, both hold', async () => {
    const history = ['a', 'b', 'c', 'd'].flatMap((text) => [user(text), assistant(text)]);
    expect(await kept({ turns: 3, budget: 5, measure: one }, history)).toEqual(history.slice(4));
    expect(await kept({ turns: 1, budget: 5, measure: one }, history)).toEqual(history.slice(6));
  });

  test('it is in about tokens by default', async () => {
    const history = [user('x'.repeat(4_000)), assistant('a'), user('b'), assistant('c')];
    expect(await kept({ budget: 1_000 }, history)).toEqual(history.slice(2));
  });

  test.each([-1, NaN, '3', undefined])('a measure of %p is refused', (size) => {
    const select = keepRecent({ budget: 5, measure: () => size as number });
    expect(codeOf(() => select([user('a')], NEW))).toBe('INVALID_ARGUMENT');
  });
});

describe('a result without a call in front of it, as expiry leaves it', () => {
  const status = 'completed';
  const search = (execution: 'client' | 'server', call_id?: string): AgentInputItem => ({
    type: 'tool_search_output',
    status,
    tools: [],
    execution,
    ...(call_id !== undefined && { call_id }),
  });
  const answers: Record<string, AgentInputItem> = {
    'a function': result('1'),
    'a computer': {
      type: 'computer_call_result',
      callId: '1',
      output: { type: 'computer_screenshot', data: '' },
    },
    'a shell': { type: 'shell_call_output', callId: '1', output: [] },
    'a patch': { type: 'apply_patch_call_output', callId: '1', status },
    'a tool search': search('client', '1'),
    'a tool search without an id': search('client'),
    'a program': { type: 'program_output', callId: '1', output: '', status },
    'a custom tool': {
      type: 'unknown',
      providerData: { type: 'custom_tool_call_output', call_id: '1' },
    },
    'an approval': {
      type: 'hosted_tool_call',
      name: 'mcp_approval_response',
      providerData: { type: 'mcp_approval_response', approval_request_id: '1', approve: true },
    },
  };

  test.each(Object.entries(answers))('is not shown: %s', async (_what, answer) => {
    const rest = [assistant('done'), user('next'), assistant('well')];
    for (const limit of [{ turns: 9 }, { budget: 99_999 }]) {
      expect(await kept(limit, [answer, ...rest])).toEqual(rest);
      expect(await kept(limit, [user('a'), answer, ...rest])).toEqual([user('a'), ...rest]);
    }
  });

  test.each(Object.entries(answers))(
    'is shown behind a compaction, which may hold it: %s',
    async (_what, answer) => {
      const history: AgentInputItem[] = [
        user('before'),
        { type: 'compaction', encrypted_content: 'x' },
        answer,
        user('b'),
      ];
      expect(await kept({ turns: 9 }, history)).toEqual(history.slice(1));
    },
  );

  test('is not shown behind a summary of system messages, which holds no call', async () => {
    const summary: AgentInputItem = { role: 'system', content: 'So far: nothing.' };
    expect(await kept({ turns: 9 }, [summary, result('1'), user('b')])).toEqual([summary, user('b')]);
  });

  test.each<[string, AgentInputItem]>([
    [
      'the call of an approved hosted tool',
      {
        type: 'hosted_tool_call',
        name: 'mcp_call',
        providerData: { type: 'mcp_call', approval_request_id: '1' },
      },
    ],
    ['what a search on the server found', search('server')],
  ])('is shown where the model put it out itself: %s', async (_what, output) => {
    const history = [user('a'), reasoning('r'), output, assistant('b')];
    expect(await kept({ turns: 9 }, history)).toEqual(history);
  });

  test('is not shown where a call with its id comes later, and does not answer that', async () => {
    const history = [result('1'), user('b'), call('1'), user('c'), call('1'), result('1')];
    expect(await kept({ turns: 9 }, history)).toEqual(history.slice(1));
    expect(await kept({ turns: 2 }, history)).toEqual(history.slice(1));
    expect(await kept({ turns: 1 }, history)).toEqual(history.slice(3));
    const answered = [result('1'), user('b'), call('1'), result('1'), user('c')];
    expect(await kept({ turns: 2 }, answered)).toEqual(answered.slice(1));
    expect(await kept({ turns: 1 }, answered)).toEqual(answered.slice(4));
  });

  test('takes nothing off a budget, and parts no turns', async () => {
    const history = [user('a'), result('1'), user('b'), assistant('c')];
    expect(await kept({ budget: 4, measure: one }, history)).toEqual([user('a'), user('b'), assistant('c')]);
    expect(await kept({ turns: 1 }, history)).toEqual([user('b'), assistant('c')]);
  });

  test('is kept among the new items, which are the caller’s', async () => {
    expect(await kept({ turns: 1 }, [user('a')], [result('1')])).toEqual([user('a')]);
  });

  test('wherever a history was cut, that is all that is not shown', async () => {
    const idOf = (item: AgentInputItem): unknown => {
      const { callId, call_id, providerData } = item as unknown as Record<string, unknown>;
      const data = (providerData ?? {}) as Record<string, unknown>;
      return callId ?? call_id ?? data['call_id'] ?? data['approval_request_id'];
    };
    const isAnswer = (item: AgentInputItem): boolean => {
      const type: unknown = item.type === 'unknown' ? item.providerData?.['type'] : item.type;
      return /_(result|output)$/.test(String(type)) || isResponse(item);
    };
    const isResponse = (item: AgentInputItem): boolean =>
      item.type === 'hosted_tool_call' && item.name === 'mcp_approval_response';
    const requestId = (item: AgentInputItem): unknown =>
      item.type === 'hosted_tool_call' ? (item.providerData?.['id'] ?? item.id) : (idOf(item) ?? item.id);

    let dropped = 0;
    await fc.assert(
      fc.asyncProperty(histories({ onTime: false, uniqueIds: true }), async ({ items }) => {
        for (const start of items.keys()) {
          const left = items.slice(start);
          const selection = await kept({ turns: 99 }, left);
          const shown = new Set(selection);
          expect(selection).toEqual(left.filter((item) => shown.has(item)));
          const wrong: unknown[] = [];
          for (const [place, item] of left.entries()) {
            const id = idOf(item);
            if (!isAnswer(item) || id === undefined) continue;
            const hasCall = left.slice(0, place).some((other) => !isAnswer(other) && requestId(other) === id);
            if (shown.has(item) !== hasCall) wrong.push(item);
            if (!hasCall) dropped++;
          }
          expect(wrong).toEqual([]);
          for (const item of left) if (!isAnswer(item)) expect(shown.has(item)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
    expect(dropped).toBeGreaterThan(100);
  });
});

describe('the summary at the head of the history', () => {
  const compaction: AgentInputItem = { type: 'compaction', encrypted_content: 'x' };
  const summary: AgentInputItem = { role: 'system', content: 'So far: nothing.' };

  test.each<[string, AgentInputItem[]]>([
    ['a compaction item', [compaction]],
    ['a system message', [summary]],
    ['both', [compaction, summary]],
  ])('%s is always kept, and counts', async (_what, head) => {
    const turns = ['a', 'b'].flatMap((text) => [user(text), assistant(text)]);
    expect(await kept({ turns: 1 }, [...head, ...turns])).toEqual([...head, ...turns.slice(2)]);
    expect(await kept({ turns: 0 }, [...head, ...turns])).toEqual(head);
    expect(await kept({ budget: 0 }, [...head, ...turns])).toEqual(head);
    expect(await kept({ budget: head.length + 3, measure: one }, [...head, ...turns])).toEqual([
      ...head,
      ...turns.slice(2),
    ]);
  });

  test('what stands before the latest compaction item is not shown', async () => {
    const history = [user('a'), compaction, user('b'), compaction, user('c'), assistant('d')];
    expect(await kept({ turns: 5 }, history)).toEqual(history.slice(3));
  });
});

test('the history is not changed, and a history of nothing is nothing', async () => {
  const history = [user('a'), assistant('b'), user('c')];
  const copy = [...history];
  await keepRecent({ turns: 1 })(history, NEW);
  expect(history).toEqual(copy);
  expect(await kept({ turns: 3, budget: 3 }, [])).toEqual([]);
});

test.each<[string, unknown]>([
  ['neither turns nor budget', {}],
  ['a fractional turns', { turns: 1.5 }],
  ['a negative turns', { turns: -1 }],
  ['a turns that is a string', { turns: '3' }],
  ['a negative budget', { budget: -1 }],
  ['NaN for a budget', { budget: NaN }],
  ['a budget that is a string', { budget: '3' }],
  ['a measure that is no function', { budget: 3, measure: 4 }],
])('%s is refused', (_what, options) => {
  expect(codeOf(() => keepRecent(options as KeepRecentOptions))).toBe('INVALID_ARGUMENT');
});

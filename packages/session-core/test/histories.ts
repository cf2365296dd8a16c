import type { AgentInputItem } from '@openai/agents';
import * as fc from 'fast-check';

/** A history, and the sets of its items that must be kept or dropped together. */
export interface History {
  readonly items: AgentInputItem[];
  readonly groups: readonly (readonly AgentInputItem[])[];
  /** Where the turns begin. */
  readonly starts: readonly number[];
}

/** What a step of a turn adds: what the model puts out, the results behind it, and those that come a turn later. */
interface Step {
  readonly output: readonly AgentInputItem[];
  readonly results: readonly AgentInputItem[];
  readonly late: readonly AgentInputItem[];
  readonly groups: readonly (readonly AgentInputItem[])[];
}

type Fate = 'answered' | 'answered twice' | 'late' | 'abandoned';

interface CallPlan {
  readonly kind: (typeof KINDS)[number];
  readonly fate: Fate;
  readonly sameIdEveryTurn: boolean;
}

interface StepPlan {
  readonly reasoning: number;
  readonly comment: boolean;
  readonly calls: readonly CallPlan[];
}

interface TurnPlan {
  readonly system: boolean;
  readonly messages: number;
  readonly steps: readonly StepPlan[];
  readonly answer: boolean;
}

const KINDS = [
  'function',
  'computer',
  'shell',
  'apply patch',
  'tool search',
  'tool search by item id',
  'tool search without call ids',
  'mcp approval',
  'mcp approval and call',
  'unknown',
  'of a later version',
  'web search',
  'server tool search',
  'program',
] as const;

const callPlan: fc.Arbitrary<CallPlan> = fc.record({
  kind: fc.constantFrom(...KINDS),
  fate: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Fate>('answered') },
    fc.constantFrom<Fate>('answered twice', 'late', 'abandoned'),
  ),
  sameIdEveryTurn: fc.boolean(),
});

const turnPlan: fc.Arbitrary<TurnPlan> = fc.record({
  system: fc.boolean(),
  messages: fc.integer({ min: 1, max: 2 }),
  steps: fc.array(
    fc.record({
      reasoning: fc.integer({ min: 0, max: 2 }),
      comment: fc.boolean(),
      calls: fc.array(callPlan, { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
  answer: fc.boolean(),
});

export interface HistoryOptions {
  /** No result comes in a later turn. */
  readonly onTime: boolean;
  /** No two calls have the same id. */
  readonly uniqueIds?: boolean;
}

export function histories(options: HistoryOptions): fc.Arbitrary<History> {
  return fc.array(turnPlan, { maxLength: 6 }).map((turns) => build(turns, options));
}

export function user(content: string): AgentInputItem {
  return { type: 'message', role: 'user', content };
}

export function assistant(text: string): AgentInputItem {
  return {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text }],
  };
}

export function call(callId: string): AgentInputItem {
  return { type: 'function_call', callId, name: 'look', arguments: '{}', status: 'completed' };
}

export function result(callId: string): AgentInputItem {
  return { type: 'function_call_result', callId, name: 'look', status: 'completed', output: 'seen' };
}

export function reasoning(id: string): AgentInputItem {
  return { type: 'reasoning', id, content: [] };
}

function build(turns: readonly TurnPlan[], options: HistoryOptions): History {
  const items: AgentInputItem[] = [];
  const groups: (readonly AgentInputItem[])[] = [];
  const starts: number[] = [];
  let late: readonly AgentInputItem[] = [];
  for (const [index, turn] of turns.entries()) {
    // Questions that nothing was said to are of the turn before.
    if (items.length === 0 || !isInput(items.at(-1))) starts.push(items.length);
    if (turn.system && index > 0) items.push({ type: 'message', role: 'system', content: `rule ${index}` });
    for (let n = 0; n < turn.messages; n++) items.push(user(`question ${index}.${n}`));
    items.push(...late);
    const steps = turn.steps.map((plan, n) => stepOf(plan, `${index}.${n}`, options));
    items.push(...steps.flatMap(({ output, results }) => [...output, ...results]));
    groups.push(...steps.flatMap((step) => step.groups));
    late = steps.flatMap((step) => step.late);
    if (turn.answer) items.push(assistant(`answer ${index}`));
  }
  // What comes after the last turn has not come yet.
  const came = (item: AgentInputItem): boolean => !late.includes(item);
  return { items, groups: groups.map((group) => group.filter(came)), starts };
}

function isInput(item: AgentInputItem | undefined): boolean {
  return item !== undefined && 'role' in item && item.role !== 'assistant';
}

function stepOf(plan: StepPlan, name: string, { onTime, uniqueIds = false }: HistoryOptions): Step {
  const thoughts = Array.from({ length: plan.reasoning }, (_, n) => reasoning(`rs_${name}.${n}`));
  const output: AgentInputItem[] = [...thoughts, ...(plan.comment ? [assistant(`comment ${name}`)] : [])];
  const results: AgentInputItem[] = [];
  const late: AgentInputItem[] = [];
  const groups: AgentInputItem[][] = [];
  for (const [n, { kind, fate, sameIdEveryTurn }] of plan.calls.entries()) {
    const uniqueId = `${name}.${n}`;
    const isPlain = fate === 'answered' || fate === 'abandoned';
    const callId = sameIdEveryTurn && isPlain && !uniqueIds ? `call_${n}` : `call_${uniqueId}`;
    const { calls, answers } = partsOf(kind, callId, uniqueId);
    // Where the order of the results tells which call they answer, each call has one.
    const isFlexible = !kind.includes('search');
    const given = fate === 'abandoned' && isFlexible ? [] : answers;
    const again = fate === 'answered twice' && isFlexible ? structuredClone(answers) : [];
    output.push(...calls);
    if (fate === 'late' && isFlexible && !onTime) late.push(...given);
    else results.push(...given, ...again);
    groups.push([...calls, ...given, ...again]);
  }
  return { output, results, late, groups: thoughts.length > 0 ? [...groups, output] : groups };
}

interface CallParts {
  readonly calls: readonly AgentInputItem[];
  readonly answers: readonly AgentInputItem[];
}

function partsOf(kind: CallPlan['kind'], callId: string, uniqueId: string): CallParts {
  const status = 'completed';
  const of = (request: AgentInputItem, ...answers: AgentInputItem[]): CallParts => ({
    calls: [request],
    answers,
  });
  const approval = `mcpr_${uniqueId}`;
  const approved = hosted('mcp_approval_response', { approval_request_id: approval, approve: true });
  switch (kind) {
    case 'function':
      return of(call(callId), result(callId));
    case 'computer':
      return of(
        { type: 'computer_call', callId, status, action: { type: 'screenshot' } },
        { type: 'computer_call_result', callId, output: { type: 'computer_screenshot', data: 'https://x' } },
      );
    case 'shell':
      return of(
        { type: 'shell_call', callId, status, action: { commands: ['ls'] } },
        { type: 'shell_call_output', callId, output: [] },
      );
    case 'apply patch':
      return of(
        { type: 'apply_patch_call', callId, status, operation: { type: 'delete_file', path: 'x' } },
        { type: 'apply_patch_call_output', callId, status },
      );
    case 'tool search':
      return of(
        search('call', 'client', { call_id: callId }),
        search('output', 'client', { call_id: callId }),
      );
    case 'tool search by item id':
      return of(search('call', 'client', { id: callId }), search('output', 'client', { callId }));
    case 'tool search without call ids':
      return of(search('call', 'client'), search('output', 'client', { id: `tso_${uniqueId}` }));
    case 'mcp approval':
      return of(hosted('mcp_approval_request', { id: approval }), approved);
    case 'mcp approval and call':
      return of(
        hosted('mcp_approval_request', {}, approval),
        approved,
        hosted('mcp_call', { type: 'mcp_call', approval_request_id: approval }),
      );
    case 'unknown':
      return of(
        { type: 'unknown', providerData: { type: 'custom_tool_call', call_id: callId } },
        { type: 'unknown', providerData: { type: 'custom_tool_call_output', call_id: callId } },
      );
    case 'of a later version':
      return of(
        { type: 'robot_call', callId } as unknown as AgentInputItem,
        { type: 'robot_call_result', callId } as unknown as AgentInputItem,
      );
    case 'web search':
      return of(hosted('web_search_call', {}, `ws_${uniqueId}`));
    case 'server tool search':
      return { calls: [search('call', 'server', { id: uniqueId }), search('output', 'server')], answers: [] };
    case 'program': {
      const caller = { type: 'program', callerId: uniqueId } as const;
      return {
        calls: [
          { type: 'program', callId: uniqueId, code: 'look()', fingerprint: 'f' },
          { ...call(callId), caller } as AgentInputItem,
        ],
        answers: [
          { ...result(callId), caller } as AgentInputItem,
          { type: 'program_output', callId: uniqueId, output: 'seen', status },
        ],
      };
    }
  }
}

function hosted(name: string, providerData: Record<string, unknown>, id?: string): AgentInputItem {
  return { type: 'hosted_tool_call', name, ...(id === undefined ? {} : { id }), providerData };
}

function search(
  side: 'call' | 'output',
  execution: 'client' | 'server',
  ids: { readonly call_id?: string; readonly callId?: string; readonly id?: string } = {},
): AgentInputItem {
  if (side === 'call') return { type: 'tool_search_call', ...ids, execution, arguments: {} };
  return { type: 'tool_search_output', ...ids, execution, tools: [] };
}

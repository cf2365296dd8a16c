import { fromResponsesItems } from '@agent-sessions/session-core/moving';
import { MemoryStore, SessionError, StoredSession } from '@agent-sessions/session-core';
import {
  OpenAIResponsesModel,
  protocol,
  setTracingDisabled,
  withTrace,
  type AgentInputItem,
} from '@openai/agents';

/**
 * What the SDK for Python stores, which is what the Responses API takes: converted, it is what the SDK for JavaScript takes
 * for an item, and its model sends it again as it was.
 */
type Item = Readonly<Record<string, unknown>>;

const FUNCTION_CALL = {
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'weather',
  arguments: '{"city":"Oslo"}',
  status: 'completed',
};

const ITEMS: Readonly<Record<string, Item>> = {
  'a message of the user': { role: 'user', content: 'Hello' },
  'a message with parts': {
    type: 'message',
    id: 'msg_1',
    role: 'user',
    status: 'completed',
    content: [
      { type: 'input_text', text: 'Look', prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'high' },
      { type: 'input_image', file_id: 'file_1', detail: 'auto' },
      { type: 'input_file', file_data: 'data:text/plain;base64,YQ==', filename: 'a.txt' },
      { type: 'input_file', file_data: 'YQ==' },
      { type: 'input_file', file_url: 'https://example.com/a.pdf' },
      { type: 'input_file', file_id: 'file_2' },
    ],
  },
  'a system message': { role: 'system', content: 'Be brief.' },
  'a system message with parts': { role: 'system', content: [{ type: 'input_text', text: 'Be brief.' }] },
  'a developer message': { type: 'message', role: 'developer', content: 'Be brief.' },
  'an answer': {
    type: 'message',
    id: 'msg_2',
    role: 'assistant',
    status: 'completed',
    phase: 'final_answer',
    content: [
      {
        type: 'output_text',
        text: 'Hi',
        annotations: [{ type: 'url_citation', start_index: 0, end_index: 1, url: 'u', title: 't' }],
        logprobs: [],
      },
      { type: 'refusal', refusal: 'no' },
    ],
  },
  'an answer as text': { role: 'assistant', content: 'Hi' },
  reasoning: {
    type: 'reasoning',
    id: 'rs_1',
    summary: [{ type: 'summary_text', text: 'thinking' }],
    content: [{ type: 'reasoning_text', text: 'deep' }],
    encrypted_content: 'gAAA',
    status: 'completed',
  },
  'a call of a function': {
    ...FUNCTION_CALL,
    namespace: 'tools',
    caller: { type: 'program', caller_id: 'p' },
  },
  'a result of a function': { type: 'function_call_output', call_id: 'call_1', output: '5 °C' },
  'a result with parts': {
    type: 'function_call_output',
    id: 'fco_1',
    call_id: 'call_1',
    status: 'incomplete',
    caller: { type: 'direct' },
    output: [
      { type: 'input_text', text: 'a' },
      { type: 'input_image', image_url: 'data:image/png;base64,YQ==', detail: 'low' },
      { type: 'input_image', file_id: 'file_1' },
      { type: 'input_file', file_data: 'data:text/plain;base64,YQ==', filename: 'a.txt' },
      { type: 'input_file', file_url: 'https://example.com/a.pdf' },
      { type: 'input_file', file_id: 'file_2' },
    ],
  },
  'a call of a computer': {
    type: 'computer_call',
    id: 'cu_1',
    call_id: 'call_2',
    action: { type: 'scroll', x: 1, y: 2, scroll_x: 3, scroll_y: 4 },
    pending_safety_checks: [{ id: 'sc_1', code: 'malicious', message: 'm' }],
    status: 'completed',
  },
  'a result of a computer': {
    type: 'computer_call_output',
    id: 'cuo_1',
    call_id: 'call_2',
    output: { type: 'computer_screenshot', image_url: 'data:image/png;base64,YQ==' },
    acknowledged_safety_checks: [{ id: 'sc_1' }],
    status: 'completed',
  },
  'a call of a shell': {
    type: 'shell_call',
    id: 'sh_1',
    call_id: 'call_3',
    action: { commands: ['ls'], timeout_ms: 1000, max_output_length: 10 },
    environment: { type: 'local' },
    status: 'completed',
  },
  'a result of a shell': {
    type: 'shell_call_output',
    id: 'sho_1',
    call_id: 'call_3',
    max_output_length: 10,
    output: [
      { stdout: 'a', stderr: '', outcome: { type: 'exit', exit_code: 0 } },
      { stdout: '', stderr: 'b', outcome: { type: 'timeout' } },
    ],
    status: 'completed',
  },
  'a patch': {
    type: 'apply_patch_call',
    id: 'ap_1',
    call_id: 'call_4',
    status: 'completed',
    operation: { type: 'update_file', path: 'a', diff: '+b', move_to: 'c' },
  },
  'a patch that deletes': {
    type: 'apply_patch_call',
    call_id: 'call_4',
    status: 'in_progress',
    operation: { type: 'delete_file', path: 'a' },
  },
  'the result of a patch': {
    type: 'apply_patch_call_output',
    call_id: 'call_4',
    status: 'failed',
    output: 'x',
  },
  'a program': { type: 'program', id: 'p_1', call_id: 'call_5', code: 'x', fingerprint: 'f' },
  'the output of a program': {
    type: 'program_output',
    id: 'po_1',
    call_id: 'call_5',
    result: 'y',
    status: 'completed',
  },
  'a search for tools': {
    type: 'tool_search_call',
    id: 'ts_1',
    call_id: 'call_6',
    arguments: { paths: ['a'] },
    execution: 'client',
    status: 'completed',
  },
  'found tools': {
    type: 'tool_search_output',
    id: 'tso_1',
    call_id: 'call_6',
    execution: 'client',
    status: 'completed',
    tools: [
      { type: 'tool_reference', function_name: 'f', namespace: 'n' },
      {
        type: 'namespace',
        name: 'n',
        description: 'd',
        tools: [{ type: 'function', name: 'f', parameters: {}, strict: true, defer_loading: true }],
      },
      { type: 'function', name: 'g', allowed_callers: ['direct'], output_schema: { type: 'object' } },
    ],
  },
  'a search for files': {
    type: 'file_search_call',
    id: 'fs_1',
    queries: ['q'],
    status: 'completed',
    results: [{ file_id: 'f', attributes: { Upper: 1 } }],
  },
  'a search on the web': {
    type: 'web_search_call',
    id: 'ws_1',
    status: 'completed',
    action: { type: 'search', query: 'q', queries: ['q'] },
  },
  'a run of code': {
    type: 'code_interpreter_call',
    id: 'ci_1',
    code: '1+1',
    container_id: 'cntr_1',
    outputs: [{ type: 'logs', logs: '2' }],
    status: 'completed',
  },
  'an image': { type: 'image_generation_call', id: 'ig_1', result: 'YQ==', status: 'completed' },
  'a list of tools': {
    type: 'mcp_list_tools',
    id: 'mcpl_1',
    server_label: 's',
    tools: [{ name: 't', input_schema: { type: 'object', properties: { someName: {} } } }],
  },
  'a call by MCP': {
    type: 'mcp_call',
    id: 'mcp_1',
    name: 't',
    arguments: '{}',
    server_label: 's',
    output: 'o',
    error: 'e',
    approval_request_id: 'mcpr_1',
  },
  'a request for approval': {
    type: 'mcp_approval_request',
    id: 'mcpr_1',
    name: 't',
    arguments: '{}',
    server_label: 's',
  },
  'an approval': {
    type: 'mcp_approval_response',
    id: 'mcpa_1',
    approval_request_id: 'mcpr_1',
    approve: true,
    reason: 'r',
  },
  'a compaction': { type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAA' },
  'a call of a local shell': {
    type: 'local_shell_call',
    id: 'lsh_1',
    call_id: 'call_7',
    action: { type: 'exec', command: ['ls'], env: {} },
    status: 'completed',
  },
  'a result of a local shell': { type: 'local_shell_call_output', id: 'lsh_1', output: 'o' },
  'a call of a custom tool': { type: 'custom_tool_call', call_id: 'call_8', name: 't', input: 'i' },
  'a result of a custom tool': { type: 'custom_tool_call_output', call_id: 'call_8', output: 'o' },
  'a reference': { type: 'item_reference', id: 'msg_9' },
};

setTracingDisabled(true);

/** The input that the SDK's model sends for these items. */
async function sent(items: AgentInputItem[]): Promise<unknown[]> {
  let input: unknown[] = [];
  const create = (request: { input: unknown[] }): Promise<unknown> => {
    input = request.input;
    return Promise.resolve({ id: 'r', output: [], usage: {} });
  };
  const model = new OpenAIResponsesModel({ responses: { create } } as never, 'gpt-5');
  const request = { modelSettings: {}, tools: [], outputType: 'text', handoffs: [], tracing: false } as const;
  await withTrace('sent', () => model.getResponse({ ...request, input: items, tools: [], handoffs: [] }));
  return input;
}

/** Without what is the same whether it is said or not. */
const DEFAULTS: Readonly<Record<string, readonly unknown[]>> = {
  type: ['message'],
  status: ['completed', 'in_progress'],
  detail: ['auto'],
  annotations: ['[]'],
  outputs: ['[]'],
  queries: ['[]'],
  code: [''],
  exit_code: [0],
};
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([name, held]): [string, unknown][] => {
    const isDefault = DEFAULTS[name]?.includes(Array.isArray(held) ? JSON.stringify(held) : held);
    return held === null || held === undefined || isDefault ? [] : [[name, normal(held)]];
  });
  const item = Object.fromEntries(entries);
  const isAnswer = item['role'] === 'assistant' && typeof item['content'] === 'string';
  return isAnswer ? { ...item, content: [{ type: 'output_text', text: item['content'] }] } : item;
}

async function expectSentAsItWas(items: readonly Item[]): Promise<void> {
  const converted = fromResponsesItems(items);
  for (const item of converted) expect(protocol.ModelItem.parse(item)).toBeDefined();
  expect(normal(await sent(converted))).toEqual(normal(items));
  // what is stored is what was converted
  const session = new StoredSession(new MemoryStore());
  await session.importItems(converted);
  expect(await session.getItems()).toEqual(converted);
}

test.each(Object.entries(ITEMS))('%s is sent as it was', async (_what, item) => {
  await expectSentAsItWas([item]);
});

test('all of them together, in their order', async () => {
  await expectSentAsItWas(Object.values(ITEMS));
});

test.each(Object.entries(ITEMS))(
  '%s without a field, or with null in it: as it was, or refused',
  async (_what, item) => {
    for (const name of Object.keys(item)) {
      for (const held of [undefined, null]) {
        const changed = { ...item, [name]: held };
        try {
          await expectSentAsItWas([changed]);
        } catch (error) {
          if (!SessionError.is(error, 'INVALID_ARGUMENT')) throw error;
          expect(error.message).toMatch(/^items\[0\]/);
        }
      }
    }
  },
);

test('the result of a function gets the name of its function', () => {
  const [, result] = fromResponsesItems([FUNCTION_CALL, ITEMS['a result of a function']]);
  expect(result).toEqual({
    type: 'function_call_result',
    callId: 'call_1',
    name: 'weather',
    status: 'completed',
    output: '5 °C',
  });
});

test('ids that the SDK for Python made up, and what it keeps of other providers, are left out', async () => {
  const items = [{ ...FUNCTION_CALL, id: '__fake_id__', provider_data: { model: 'm', Key: 'k' } }];
  expect(normal(await sent(fromResponsesItems(items)))).toEqual(
    normal([{ ...FUNCTION_CALL, id: undefined }]),
  );
});

test('items of the SDK for JavaScript stay as they are', () => {
  const converted = fromResponsesItems(Object.values(ITEMS));
  expect(fromResponsesItems(converted)).toEqual(converted);
});

test.each<[string, unknown, string]>([
  ['of an unknown type', { type: 'telepathy_call', id: 'x' }, 'items[1] has the type "telepathy_call"'],
  ['of a type that is content', { type: 'a secret' }, 'items[1] has the type "…"'],
  ['with an unknown role', { role: 'tool', content: 'x' }, 'items[1] has the role "tool"'],
  ['without type and role', { content: 'x' }, 'items[1] has the type "…"'],
  [
    'with an unknown part',
    { role: 'user', content: [{ type: 'input_text', text: 'a' }, { type: 'input_smell' }] },
    'items[1].content[1] has the type "input_smell"',
  ],
  [
    'with a call without an id',
    { type: 'function_call', name: 'f', arguments: '' },
    'items[1].call_id must be',
  ],
  [
    'that would be sent with other names',
    { type: 'local_shell_call', action: { env: { PATH: '/' } } },
    'items[1] has a field whose name',
  ],
  [
    'with a screenshot by its id',
    { type: 'computer_call_output', call_id: 'c', output: { file_id: 'f' } },
    'items[1]',
  ],
  ['that is no object', 'x', 'items[1] must be a plain object'],
])('an item %s: its place', (_what, item, message) => {
  let error: unknown;
  try {
    fromResponsesItems([{ role: 'user', content: 'a' }, item]);
  } catch (thrown) {
    error = thrown;
  }
  if (!SessionError.is(error, 'INVALID_ARGUMENT')) throw error;
  expect(error.message).toContain(message);
});

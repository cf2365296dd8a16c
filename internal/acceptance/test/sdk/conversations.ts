import {
  Agent,
  applyPatchTool,
  computerTool,
  handoff,
  shellTool,
  tool,
  type AgentInputItem,
  type AgentOutputItem,
  type Session,
  type Tool,
} from '@openai/agents';
import { assistantMessage, functionCall, modelError, ScriptedModel } from '@openai/agents/testing';
import { z } from 'zod';
import { inputsOf, outcomeOf, weather, type Run } from './runs';

/**
 * Something that an application does with the SDK. Returns what it saw: what the model was given, and what came of it.
 *
 * @param open - another object for the same session, each time on another of the application's servers.
 */
export interface Conversation {
  readonly play: (open: () => Session, run: Run) => Promise<unknown>;
  /** The types of what is stored in the end, when nothing is streamed; messages by their role. */
  readonly stores: string;
}

const reasoning = (id: string): AgentOutputItem => ({
  type: 'reasoning',
  id,
  content: [{ type: 'input_text', text: 'Let me think.' }],
  providerData: { encryptedContent: 'gAAAA' },
});

const hosted = (name: string, providerData: Record<string, unknown>): AgentOutputItem => ({
  type: 'hosted_tool_call',
  id: `${name}_1`,
  name,
  status: 'completed',
  providerData: { type: name, ...providerData },
});

/** Plays one turn per line: what the user says, and what the model answers, call by call. */
function turns(
  tools: () => Tool[],
  ...lines: readonly (readonly [string | AgentInputItem[], ...AgentOutputItem[][]])[]
): Conversation['play'] {
  return async (open, run) => {
    const model = new ScriptedModel(lines.flatMap(([, ...responses]) => responses));
    const agent = new Agent({ name: 'Agent', model, tools: tools() });
    const outputs: unknown[] = [];
    for (const [input] of lines) {
      const { finalOutput } = await run(agent, input, { session: open() });
      outputs.push(finalOutput);
    }
    model.assertComplete();
    return { outputs, inputs: inputsOf(model) };
  };
}

const BYTES = new Uint8Array([0, 1, 2, 127, 128, 254, 255]);

export const CONVERSATIONS: Readonly<Record<string, Conversation>> = {
  'turns with a tool': {
    stores:
      'user assistant user function_call function_call_result assistant user function_call function_call_result assistant function_call function_call_result assistant user assistant',
    play: turns(
      () => [weather],
      ['Hello', [assistantMessage('Hi')]],
      [
        'Weather in Paris?',
        [functionCall('weather', { city: 'Paris' }, { callId: 'c1' })],
        [assistantMessage('Rain.')],
      ],
      [
        'And in Rome, then Oslo?',
        [functionCall('weather', { city: 'Rome' }, { callId: 'c2' })],
        [
          assistantMessage('Rome first.', { id: 'm1' }),
          functionCall('weather', { city: 'Oslo' }, { callId: 'c3' }),
        ],
        [assistantMessage('Rain everywhere.')],
      ],
      ['Thanks', [assistantMessage('You are welcome.')]],
    ),
  },

  'parallel tool calls that end in another order': {
    stores:
      'user function_call function_call function_call function_call_result function_call_result function_call_result assistant user assistant',
    play: turns(
      () => {
        let releaseFirst = (): void => undefined;
        const firstMayEnd = new Promise<void>((resolve) => (releaseFirst = resolve));
        const slow = tool({
          name: 'slow',
          description: 'Ends after the fast one',
          parameters: z.object({}),
          execute: async () => (await firstMayEnd, 'slow'),
        });
        const fast = tool({
          name: 'fast',
          description: 'Lets the slow one end',
          parameters: z.object({}),
          execute: () => (releaseFirst(), 'fast'),
        });
        return [slow, fast, weather];
      },
      [
        'All at once',
        [
          functionCall('slow', {}, { callId: 'c1' }),
          functionCall('fast', {}, { callId: 'c2' }),
          functionCall('weather', { city: 'Bonn' }, { callId: 'c3' }),
        ],
        [assistantMessage('Done.')],
      ],
      ['Again?', [assistantMessage('No.')]],
    ),
  },

  'a tool that fails': {
    stores: 'user function_call function_call_result assistant user assistant',
    play: turns(
      () => [
        tool({
          name: 'broken',
          description: 'Fails',
          parameters: z.object({}),
          execute: () => Promise.reject(new Error('out of order')),
        }),
      ],
      ['Try it', [functionCall('broken', {}, { callId: 'c1' })], [assistantMessage('It failed.')]],
      ['Oh', [assistantMessage('Yes.')]],
    ),
  },

  'handoffs, there and back': {
    stores:
      'user function_call function_call_result function_call function_call_result function_call function_call_result assistant user assistant',
    play: async (open, run) => {
      const expertModel = new ScriptedModel([
        [functionCall('weather', { city: 'Kiel' }, { callId: 'c1' })],
        [functionCall('transfer_to_Desk', {}, { callId: 'h2' })],
      ]);
      const deskModel = new ScriptedModel([
        [functionCall('transfer_to_Expert', {}, { callId: 'h1' })],
        [assistantMessage('The expert says: rain.')],
        [assistantMessage('Bye.')],
      ]);
      const expert = new Agent({ name: 'Expert', model: expertModel, tools: [weather] });
      const desk = Agent.create({ name: 'Desk', model: deskModel, handoffs: [expert] });
      expert.handoffs = [handoff(desk)];
      const first = await run(desk, 'I need an expert', { session: open() });
      const second = await run(desk, 'Bye', { session: open() });
      return {
        outputs: [first.finalOutput, second.finalOutput],
        inputs: [inputsOf(deskModel), inputsOf(expertModel)],
      };
    },
  },

  'reasoning before a tool call and before an answer': {
    stores: 'user reasoning function_call function_call_result reasoning assistant user reasoning assistant',
    play: turns(
      () => [weather],
      [
        'Weather in Bern?',
        [reasoning('rs1'), functionCall('weather', { city: 'Bern' }, { callId: 'c1' })],
        [reasoning('rs2'), assistantMessage('Rain.')],
      ],
      ['Sure?', [reasoning('rs3'), assistantMessage('Yes.')]],
    ),
  },

  'tools that the provider hosts': {
    stores:
      'user hosted_tool_call hosted_tool_call hosted_tool_call hosted_tool_call hosted_tool_call hosted_tool_call assistant user assistant',
    play: turns(
      () => [],
      [
        'Search, compute, draw',
        [
          hosted('web_search_call', { action: { type: 'search', query: 'q' } }),
          hosted('file_search_call', { queries: ['q'], results: [{ text: 'r', score: 0.25 }] }),
          hosted('code_interpreter_call', { code: '1+1', outputs: [{ type: 'logs', logs: '2' }] }),
          hosted('image_generation_call', { result: 'iVBORw0KGgo=' }),
          hosted('mcp_list_tools', { server_label: 'docs', tools: [{ name: 't', input_schema: {} }] }),
          hosted('mcp_call', { server_label: 'docs', name: 't', arguments: '{}' }),
          assistantMessage('Here.', {
            providerData: { annotations: [{ type: 'url_citation', url: 'https://x.example' }] },
          }),
        ],
      ],
      ['Good', [assistantMessage('Thanks.')]],
    ),
  },

  'a tool search and the tool that it found': {
    stores:
      'user tool_search_call tool_search_output function_call function_call_result assistant user assistant',
    play: turns(
      () => [weather],
      [
        'Find a tool',
        [
          {
            type: 'tool_search_call',
            id: 'ts1',
            execution: 'server',
            status: 'completed',
            arguments: { query: 'w' },
          },
          {
            type: 'tool_search_output',
            id: 'to1',
            execution: 'server',
            status: 'completed',
            tools: [{ type: 'tool_reference', functionName: 'weather' }],
          },
          functionCall('weather', { city: 'Graz' }, { callId: 'c1' }),
        ],
        [assistantMessage('Rain.')],
      ],
      ['Good', [assistantMessage('Thanks.')]],
    ),
  },

  'a shell, patches and a computer': {
    stores:
      'user shell_call shell_call_output apply_patch_call apply_patch_call apply_patch_call_output apply_patch_call_output computer_call computer_call_result assistant user assistant',
    play: turns(
      () => [
        shellTool({
          shell: {
            run: () =>
              Promise.resolve({
                output: [{ stdout: 'a\nb', stderr: '', outcome: { type: 'exit', exitCode: 0 } }],
              }),
          },
        }),
        applyPatchTool({
          editor: {
            createFile: () => Promise.resolve({ status: 'completed', output: 'created' }),
            updateFile: () => Promise.resolve({ status: 'failed', output: 'no such file' }),
            deleteFile: () => Promise.resolve({ status: 'completed' }),
          },
        }),
        computerTool({ computer: screen }),
      ],
      [
        'Work',
        [{ type: 'shell_call', callId: 's1', status: 'completed', action: { commands: ['ls'] } }],
        [
          {
            type: 'apply_patch_call',
            callId: 'p1',
            status: 'completed',
            operation: { type: 'create_file', path: 'a', diff: '+a' },
          },
          {
            type: 'apply_patch_call',
            callId: 'p2',
            status: 'completed',
            operation: { type: 'update_file', path: 'b', diff: '+b' },
          },
        ],
        [{ type: 'computer_call', callId: 'u1', status: 'completed', action: { type: 'screenshot' } }],
        [assistantMessage('Done.')],
      ],
      ['Good', [assistantMessage('Thanks.')]],
    ),
  },

  'images and files with bytes': {
    stores:
      'user function_call function_call function_call_result function_call_result assistant user assistant',
    play: turns(
      () => [
        tool({
          name: 'camera',
          description: 'A picture',
          parameters: z.object({}),
          execute: () => ({ type: 'image', image: { data: BYTES, mediaType: 'image/png' }, detail: 'low' }),
        }),
        tool({
          name: 'report',
          description: 'A file',
          parameters: z.object({}),
          execute: () => ({
            type: 'file',
            file: { data: BYTES, mediaType: 'application/pdf', filename: 'report.pdf' },
          }),
        }),
      ],
      [
        [
          {
            type: 'message',
            role: 'user',
            content: [
              { type: 'input_text', text: 'Look' },
              { type: 'input_image', image: 'data:image/png;base64,AAEC', providerData: { raw: BYTES } },
              { type: 'input_file', file: { id: 'file_1' }, filename: 'a.pdf' },
              { type: 'audio', audio: 'AAEC', format: 'wav', transcript: null },
            ],
          },
        ],
        [functionCall('camera', {}, { callId: 'c1' }), functionCall('report', {}, { callId: 'c2' })],
        [assistantMessage('Seen.')],
      ],
      ['Good', [assistantMessage('Thanks.')]],
    ),
  },

  'input of several messages, with a note of the system': {
    stores: 'system user user assistant user assistant',
    play: turns(
      () => [],
      [
        [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hello' },
          { role: 'user', content: [{ type: 'input_text', text: 'You there?' }] },
        ],
        [assistantMessage('Yes.')],
      ],
      ['Good', [assistantMessage('Thanks.')]],
    ),
  },

  'a summary by the provider in the middle of a turn': {
    stores: 'compaction function_call function_call_result assistant user assistant',
    play: turns(
      () => [weather],
      ['One', [assistantMessage('1')]],
      ['Two', [assistantMessage('2')]],
      [
        'Weather in Lima?',
        [
          { type: 'compaction', id: 'cmp1', encrypted_content: 'what was said', created_by: 'model' },
          functionCall('weather', { city: 'Lima' }, { callId: 'c1' }),
        ],
        [assistantMessage('Rain.')],
      ],
      ['Good', [assistantMessage('Thanks.')]],
    ),
  },

  'a model that fails, and the turn again': {
    stores: 'user assistant',
    play: async (open, run) => {
      const model = new ScriptedModel([
        [functionCall('weather', { city: 'Nice' }, { callId: 'c1' })],
        modelError(new Error('overloaded')),
        [assistantMessage('Rain.')],
      ]);
      const agent = new Agent({ name: 'Agent', model, tools: [weather] });
      const first = await outcomeOf(() => run(agent, 'Weather in Nice?', { session: open() }));
      const second = await run(agent, 'Once more', { session: open() });
      return { first, output: second.finalOutput, inputs: inputsOf(model) };
    },
  },

  'too many turns': {
    stores: 'user assistant',
    play: async (open, run) => {
      const model = new ScriptedModel([
        [functionCall('weather', { city: 'Bari' }, { callId: 'c1' })],
        [functionCall('weather', { city: 'Pisa' }, { callId: 'c2' })],
        [assistantMessage('Rain.')],
      ]);
      const agent = new Agent({ name: 'Agent', model, tools: [weather] });
      const first = await outcomeOf(() => run(agent, 'Weather?', { session: open(), maxTurns: 2 }));
      const second = await run(agent, 'Once more', { session: open() });
      return { first, output: second.finalOutput, inputs: inputsOf(model) };
    },
  },

  'an input that is not let through': {
    stores: 'user assistant user assistant',
    play: async (open, run) => {
      const model = new ScriptedModel([[assistantMessage('Hi')], [assistantMessage('Hi again')]]);
      const agent = new Agent({
        name: 'Agent',
        model,
        inputGuardrails: [
          {
            name: 'polite',
            runInParallel: false,
            execute: ({ input }) =>
              Promise.resolve({
                tripwireTriggered: JSON.stringify(input).includes('idiot'),
                outputInfo: undefined,
              }),
          },
        ],
      });
      const outcomes = [];
      for (const input of ['Hello', 'You idiot', 'Hello again']) {
        outcomes.push(
          await outcomeOf(async () => (await run(agent, input, { session: open() })).finalOutput),
        );
      }
      return { outcomes, inputs: inputsOf(model) };
    },
  },

  'history that the caller shows in part': {
    stores: 'user assistant user assistant user assistant',
    play: async (open, run) => {
      const model = new ScriptedModel([
        [assistantMessage('1')],
        [assistantMessage('2')],
        [assistantMessage('3')],
      ]);
      const agent = new Agent({ name: 'Agent', model });
      for (const input of ['One', 'Two', 'Three']) {
        await run(agent, input, {
          session: open(),
          sessionInputCallback: (history, newItems) => [...history.slice(-1), ...newItems],
        });
      }
      return { inputs: inputsOf(model) };
    },
  },
};

const screen = {
  environment: 'browser' as const,
  dimensions: [10, 10] as [number, number],
  screenshot: () => Promise.resolve('iVBORw0KGgo='),
  click: () => Promise.resolve(),
  doubleClick: () => Promise.resolve(),
  drag: () => Promise.resolve(),
  keypress: () => Promise.resolve(),
  move: () => Promise.resolve(),
  scroll: () => Promise.resolve(),
  type: () => Promise.resolve(),
  wait: () => Promise.resolve(),
};

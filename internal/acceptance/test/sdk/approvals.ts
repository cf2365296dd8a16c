import {
  Agent,
  hostedMcpTool,
  MemorySession,
  RunState,
  tool,
  type AgentInputItem,
  type AgentOutputItem,
  type RunToolApprovalItem,
  type Session,
} from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { z } from 'zod';
import { inputsOf, runner, weather } from './runs';

/** A run that waits for people, round by round. Each round may be another process: all that it gets is the state's text. */
export interface Approval {
  /** What the model puts out, round by round and call by call. */
  readonly rounds: readonly (readonly AgentOutputItem[][])[];
  /** Who decides what before the second round and those after it. */
  readonly decisions: readonly ((state: Decidable, waiting: RunToolApprovalItem[]) => void)[];
  /** What is stored in the end, messages by their role. */
  readonly stores: string;
}

type Decidable = Pick<RunState<unknown, Agent>, 'approve' | 'reject'>;

/** How a round ended: with the state of a run that waits, or with what came of it. */
export interface RoundResult {
  readonly state?: string;
  readonly output?: unknown;
  readonly inputs: unknown[];
}

const pay = tool({
  name: 'pay',
  description: 'Pays',
  parameters: z.object({ to: z.string() }),
  needsApproval: true,
  execute: ({ to }) => `paid ${to}`,
});

const docs = hostedMcpTool({
  serverLabel: 'docs',
  serverUrl: 'https://docs.example',
  requireApproval: 'always',
});

const payTo = (to: string): AgentOutputItem => functionCall('pay', { to }, { callId: `pay_${to}` });

const approveAll: Approval['decisions'][number] = (state, waiting) => {
  for (const item of waiting) state.approve(item);
};
const approveFirst: Approval['decisions'][number] = (state, [first]) => {
  if (first !== undefined) state.approve(first);
};

const DONE = [assistantMessage('Done.')];
const CALLS_AND_RESULTS = 'function_call function_call function_call_result function_call_result';

export const APPROVALS: Readonly<Record<string, Approval>> = {
  'one call, approved': {
    rounds: [[[payTo('a')]], [DONE]],
    decisions: [approveAll],
    stores: 'user function_call function_call_result assistant',
  },
  'one call, rejected': {
    rounds: [[[payTo('a')]], [DONE]],
    decisions: [(state, waiting) => waiting.forEach((item) => state.reject(item, { message: 'Not today.' }))],
    stores: 'user function_call function_call_result assistant',
  },
  'two calls in one turn, both approved': {
    rounds: [[[payTo('a'), payTo('b')]], [DONE]],
    decisions: [approveAll],
    stores: `user ${CALLS_AND_RESULTS} assistant`,
  },
  'two calls in one turn, one approved and one rejected': {
    rounds: [[[payTo('a'), payTo('b')]], [DONE]],
    decisions: [
      (state, [first, second]) => {
        if (first !== undefined) state.approve(first);
        if (second !== undefined) state.reject(second);
      },
    ],
    stores: `user ${CALLS_AND_RESULTS} assistant`,
  },
  'two calls in one turn, approved one after the other': {
    rounds: [[[payTo('a'), payTo('b')]], [], [DONE]],
    decisions: [approveFirst, approveAll],
    stores: `user ${CALLS_AND_RESULTS} assistant`,
  },
  'two turns, each with a call to approve': {
    rounds: [[[payTo('a')]], [[payTo('b')]], [DONE]],
    decisions: [approveAll, approveAll],
    stores: 'user function_call function_call_result function_call function_call_result assistant',
  },
  'beside a call that needs no approval, after reasoning': {
    rounds: [
      [
        [
          { type: 'reasoning', id: 'rs', content: [{ type: 'input_text', text: 'Hm.' }] },
          functionCall('weather', { city: 'Paris' }, { callId: 'w' }),
          payTo('a'),
        ],
      ],
      [DONE],
    ],
    decisions: [approveAll],
    stores: `user reasoning ${CALLS_AND_RESULTS} assistant`,
  },
  'after a turn with a tool': {
    rounds: [[[functionCall('weather', { city: 'Paris' }, { callId: 'w' })], [payTo('a')]], [DONE]],
    decisions: [approveAll],
    stores: 'user function_call function_call_result function_call function_call_result assistant',
  },
  'a call of a hosted tool, approved': {
    rounds: [
      [
        [
          {
            type: 'hosted_tool_call',
            id: 'mcpr_1',
            name: 'search',
            status: 'in_progress',
            providerData: {
              type: 'mcp_approval_request',
              id: 'mcpr_1',
              server_label: 'docs',
              name: 'search',
              arguments: '{"q":"x"}',
            },
          },
        ],
      ],
      [DONE],
    ],
    decisions: [approveAll],
    stores: 'user hosted_tool_call hosted_tool_call assistant',
  },
};

/**
 * Plays one round, from the text of a state where it is not the first.
 *
 * @param onFailure - is given the text of the state that a failed round leaves.
 */
export async function playRound(
  session: Session,
  { rounds, decisions }: Approval,
  round: number,
  stateText?: string,
  onFailure?: (stateText: string) => void,
): Promise<RoundResult> {
  const model = new ScriptedModel(rounds[round] as AgentOutputItem[][]);
  const agent = new Agent({ name: 'Agent', model, tools: [pay, weather, docs] });
  let input: string | RunState<undefined, typeof agent> = 'Pay';
  if (stateText !== undefined) {
    input = await RunState.fromString(agent, stateText);
    decisions[round - 1]?.(input, input.getInterruptions());
  }
  const result = await runner.run(agent, input, { session }).catch((error: unknown) => {
    onFailure?.(input.toString());
    throw error;
  });
  model.assertComplete();
  const inputs = inputsOf(model);
  if (result.interruptions.length > 0) return { state: result.state.toString(), inputs };
  return { output: result.finalOutput, inputs };
}

/** The same in one process, on the SDK's own session. */
export async function playOnMemorySession(
  approval: Approval,
): Promise<{ results: RoundResult[]; items: AgentInputItem[] }> {
  const session = new MemorySession();
  const results: RoundResult[] = [];
  for (const round of approval.rounds.keys()) {
    results.push(await playRound(session, approval, round, results.at(-1)?.state));
  }
  return { results, items: await session.getItems() };
}

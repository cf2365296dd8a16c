import { Agent, tool, type RunState, type Session } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { z } from 'zod';
import { runner } from './runs';

/** An agent with a side effect and a guardrail on its output. */
export interface GuardedAgent {
  readonly agent: Agent;
  /** Whether the guardrail lets the output pass. Until it is set, it does not. */
  passes: boolean;
  readonly paid: string[];
}

/** How the agent comes to its output: by the model after a tool, by the tool itself, or by the model alone. */
export type Source = 'the model, after a tool' | 'the tool' | 'the model alone';

export function guardedAgent(source: Source): GuardedAgent {
  const call = [functionCall('pay', { to: 'Ann' }, { callId: 'c1' })];
  const answer = [assistantMessage('The secret is 42.')];
  const responses = {
    'the model, after a tool': [call, answer],
    'the tool': [call],
    'the model alone': [answer],
  }[source];
  const guarded: GuardedAgent = {
    passes: false,
    paid: [],
    agent: new Agent({
      name: 'Agent',
      model: new ScriptedModel(responses),
      toolUseBehavior: source === 'the tool' ? 'stop_on_first_tool' : 'run_llm_again',
      tools: [
        tool({
          name: 'pay',
          description: 'Pays',
          parameters: z.object({ to: z.string() }),
          execute: ({ to }) => (guarded.paid.push(to), `paid ${to}`),
        }),
      ],
      outputGuardrails: [
        {
          name: 'no secrets',
          execute: () => Promise.resolve({ tripwireTriggered: !guarded.passes, outputInfo: undefined }),
        },
      ],
    }),
  };
  return guarded;
}

/** A run, or its continuation. Its state is there whether it ended well or was blocked. */
export async function runGuarded(
  { agent }: GuardedAgent,
  input: string | RunState<unknown, Agent>,
  session: Session,
  mode: 'whole' | 'streamed',
): Promise<{ outcome: unknown; state: RunState<unknown, Agent> | undefined }> {
  try {
    if (mode === 'whole') {
      const result = await runner.run(agent, input as string, { session });
      return { outcome: result.finalOutput, state: result.state as unknown as RunState<unknown, Agent> };
    }
    const stream = await runner.run(agent, input as string, { session, stream: true });
    await stream.completed;
    return { outcome: stream.finalOutput, state: stream.state as unknown as RunState<unknown, Agent> };
  } catch (error) {
    const { name, state } = error as Error & { state?: RunState<unknown, Agent> };
    return { outcome: { error: name }, state };
  }
}

import { Agent, tool, type RunContext, type RunState, type Session } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { z } from 'zod';
import { runner } from './runs';

export type State = RunState<unknown, Agent>;

/** An agent that pays once it may, and what it paid. */
export function payer(): { agent: Agent; payments: string[] } {
  const payments: string[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays',
    parameters: z.object({ to: z.string() }),
    needsApproval: true,
    execute: ({ to }) => {
      payments.push(to);
      return `paid ${to}`;
    },
  });
  const model = new ScriptedModel([
    [functionCall('pay', { to: 'a' }, { callId: 'c1' })],
    ...Array.from({ length: 4 }, () => [assistantMessage('Done.')]),
  ]);
  return { agent: new Agent({ name: 'Payer', model, tools: [pay] }), payments };
}

/** A run, streamed or not, up to where it waits or ends. */
export async function play(
  agent: Agent,
  input: string | State,
  session: Session,
  streamed: boolean,
  context?: RunContext,
): Promise<State> {
  const options = { session, ...(context && { context }) };
  if (!streamed) return (await runner.run(agent, input, options)).state;
  const stream = await runner.run(agent, input, { ...options, stream: true });
  await stream.completed;
  return stream.state;
}

export function approve(state: State): State {
  for (const item of state.getInterruptions()) state.approve(item);
  return state;
}

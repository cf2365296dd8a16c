import { Runner, tool, type Agent, type AgentInputItem, type NonStreamRunOptions } from '@openai/agents';
import type { ScriptedModel } from '@openai/agents/testing';
import { z } from 'zod';

/** One run to its end, streamed or not. */
export type Run = (
  agent: Agent,
  input: string | AgentInputItem[],
  options: NonStreamRunOptions,
) => Promise<{ readonly finalOutput?: unknown }>;

export const runner = new Runner({ tracingDisabled: true });

export const RUNS: Readonly<Record<'whole' | 'streamed', Run>> = {
  whole: (agent, input, options) => runner.run(agent, input, options),
  streamed: async (agent, input, options) => {
    const stream = await runner.run(agent, input, { ...options, stream: true });
    const events: string[] = [];
    for await (const { type } of stream) events.push(type);
    await stream.completed;
    return { finalOutput: stream.finalOutput, events };
  },
};

export function typesOf(items: readonly AgentInputItem[]): string {
  return items.map((item) => ('role' in item ? item.role : item.type)).join(' ');
}

/** What the model was given at each call. */
export function inputsOf(model: ScriptedModel): unknown[] {
  return model.calls.map(({ request }) => request.input);
}

/** The result of an action, or the name and the code of its error. */
export async function outcomeOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    return await action();
  } catch (error) {
    const { name, code } = error as Error & { code?: string };
    return code === undefined ? { error: name } : { error: name, code };
  }
}

export const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `Rain in ${city}`,
});

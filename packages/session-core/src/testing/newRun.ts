import type { RunContext } from '@openai/agents';

/** The context of a run of its own, without the SDK at run time: a session tells runs by it, and looks at nothing in it. */
export function newRun(): RunContext {
  return Object.create(null) as RunContext;
}

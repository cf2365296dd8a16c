/** The engines of this jest run. Jest calls set-up and teardown in one process, but loads them as separate modules. */
const global = globalThis as { agentSessionsEngines?: { stop(): Promise<void> }[] };

export function running(): { stop(): Promise<void> }[] {
  return (global.agentSessionsEngines ??= []);
}

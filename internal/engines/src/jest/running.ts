interface Engine {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** What this jest run started. Jest calls set-up and teardown in one process, but loads them as separate modules. */
const global = globalThis as { agentSessionsEngines?: (() => Promise<void>)[] };

/** Starts an engine for the whole run, unless this environment variable names one: the user's, or another project's. */
export async function provide(variable: string, start: () => Promise<Engine>): Promise<void> {
  const named = process.env[variable];
  if (named !== undefined && named !== '') return;
  const { address, stop } = await start();
  process.env[variable] = address;
  (global.agentSessionsEngines ??= []).push(async () => {
    // In watch mode the next run starts its own.
    Reflect.deleteProperty(process.env, variable);
    await stop();
  });
}

export async function stopAll(): Promise<void> {
  const stops = global.agentSessionsEngines?.splice(0) ?? [];
  await Promise.all(stops.map((stop) => stop()));
}

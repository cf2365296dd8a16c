import type { AgentInputItem } from '@openai/agents';
import { newPlace, openBackend, type Backend, type BackendName } from '../src/backends';

export function message(content: string): AgentInputItem {
  return { role: 'user', content };
}

/** Opens the backend for the tests of the surrounding `describe`, and closes it after them. */
export function useBackend(name: BackendName, place = newPlace()): () => Backend {
  let backend: Backend | undefined;
  beforeAll(async () => {
    backend = await openBackend(name, place);
  });
  afterAll(async () => {
    await backend?.close();
  });
  return () => {
    if (backend === undefined) throw new Error(`${name} is not open yet`);
    return backend;
  };
}

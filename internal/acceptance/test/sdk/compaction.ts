import {
  OpenAIResponsesCompactionSession,
  type AgentInputItem,
  type OpenAIClient,
  type Session,
} from '@openai/agents';

/** What the fake endpoint makes of a history. */
export const COMPACTED: AgentInputItem[] = [
  { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
  { type: 'compaction', id: 'cmp_1', encrypted_content: 'all that was said' },
];

export interface FakeEndpoint {
  readonly requests: { readonly input?: unknown }[];
  /** Called before the endpoint answers; may throw. */
  meanwhile: () => Promise<void>;
}

/** A client of an endpoint that is not OpenAI's. */
export function fakeEndpoint(): { client: OpenAIClient; endpoint: FakeEndpoint } {
  const endpoint: FakeEndpoint = { requests: [], meanwhile: () => Promise.resolve() };
  const compact = async (request: { readonly input?: unknown }): Promise<unknown> => {
    endpoint.requests.push(request);
    await endpoint.meanwhile();
    return { output: COMPACTED, usage: { input_tokens: 9, output_tokens: 1, total_tokens: 10 } };
  };
  return { client: { responses: { compact } } as unknown as OpenAIClient, endpoint };
}

/** The SDK's compaction session, with that endpoint. */
export function compactionOf(
  underlyingSession: Session,
  shouldTriggerCompaction?: () => boolean,
): { compaction: OpenAIResponsesCompactionSession; endpoint: FakeEndpoint } {
  const { client, endpoint } = fakeEndpoint();
  const options = { client, underlyingSession, model: 'gpt-5.5', compactionMode: 'input' } as const;
  return {
    compaction: new OpenAIResponsesCompactionSession({
      ...options,
      ...(shouldTriggerCompaction && { shouldTriggerCompaction }),
    }),
    endpoint,
  };
}

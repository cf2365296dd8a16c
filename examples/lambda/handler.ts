import { run } from '@openai/agents';
import { createAgent } from '../demo/agent';
import { openSession } from './sessions';

export interface Question {
  /** Of whoever has authenticated: who can choose it reads that conversation. */
  readonly sessionId: string;
  readonly message: string;
}

/** What is used of Lambda's context. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** Left for storing what a run did that was stopped, and for the answer. */
const RESERVE_MS = 15_000;

const agent = createAgent();

export async function handler(
  { sessionId, message }: Question,
  context: LambdaContext,
): Promise<{ answer: string }> {
  const signal = AbortSignal.timeout(Math.max(1, context.getRemainingTimeInMillis() - RESERVE_MS));
  const { finalOutput = '' } = await run(agent, message, { session: openSession(sessionId), signal });
  return { answer: finalOutput };
}

import type { StoredSession } from '@agent-sessions/session-redis';
import { Agent, run, tool, type Model } from '@openai/agents';
import { z } from 'zod';

/** What the application is given: in production a RedisSession and OpenAI's model, in its tests what needs no server. */
export interface Support {
  readonly openSession: (customer: string) => StoredSession;
  readonly model: Model;
  readonly refund: (order: string) => Promise<void>;
}

/** Answers a customer's message, or tells that somebody has to approve. The application that is tested. */
export async function answer(support: Support, customer: string, message: string): Promise<string> {
  const session = support.openSession(customer);
  const result = await run(agentOf(support), message, { session });
  if (result.interruptions.length === 0) return result.finalOutput ?? '';
  await session.savePendingRun(result.state);
  return 'A colleague will look at this.';
}

function agentOf({ model, refund }: Support) {
  return new Agent({
    name: 'Support',
    model,
    tools: [
      tool({
        name: 'refund',
        description: 'Refunds an order.',
        parameters: z.object({ order: z.string() }),
        needsApproval: true,
        execute: async ({ order }) => {
          await refund(order);
          return `refunded ${order}`;
        },
      }),
    ],
  });
}

import { RedisSession } from '@agent-sessions/session-redis';
import { Agent, RunContext, tool, type AgentInputItem } from '@openai/agents';
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '@openai/agents-core/testing';
import { createClient } from 'redis';
import { z } from 'zod';
import { usesRealModel } from '../demo/agent';
import { textOf } from '../itemText';

export interface Context {
  readonly tenant: string;
}

/** Of the one tenant of this example. */
export const context: Context = { tenant: 'acme' };
export const runContext = new RunContext(context);

const refund = tool({
  name: 'refund',
  description: 'Refunds an order.',
  parameters: z.object({ order: z.string() }),
  needsApproval: true,
  // A real one hands on the id of its call as the key that makes it once: a tool runs again where its process dies.
  execute: ({ order }, _context, details) =>
    `refunded ${order}, as ${details?.toolCall?.callId ?? 'unknown'}`,
});

export function createAgent(): Agent<Context> {
  return new Agent<Context>({
    name: 'Support',
    instructions: 'Refund what the customer asks you to refund.',
    tools: [refund],
    ...(usesRealModel ? {} : { model: scriptedModel() }),
  });
}

/** Asks for a refund of the order that was named, and tells what came of it. */
function scriptedModel(): ScriptedModel {
  const answer = modelResponder(({ request: { input } }) => {
    const last = typeof input === 'string' ? undefined : input.at(-1);
    if (last?.type === 'function_call_result') return [assistantMessage(`What came of it: ${textOf(last)}.`)];
    const order = /order (\d+)/.exec(last ? textOf(last) : '')?.[1] ?? '0';
    return [functionCall('refund', { order }, { callId: `call_${order}` })];
  });
  return new ScriptedModel([answer, answer, answer]);
}

/** What a process opens: sessions that are a tenant's, so that any of them lists what the tenant has to approve. */
export async function connect(url: string) {
  const client = await createClient({ url }).connect();
  return {
    open: (sessionId: string) =>
      new RedisSession({
        client,
        keyPrefix: 'agent-sessions-approvals',
        sessionId,
        ttlSeconds: 7 * 24 * 3_600,
        scope: (of) => (of.context as Context).tenant,
      }),
    close: () => client.close(),
  };
}

/** The arguments of a call are in the history only. */
export function argumentsOf(items: readonly AgentInputItem[], callId: string): string {
  const call = items.findLast((item) => item.type === 'function_call' && item.callId === callId);
  return call?.type === 'function_call' ? call.arguments : '';
}

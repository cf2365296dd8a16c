import type { AgentInputItem } from '@openai/agents';
import { Prose } from './prose';

export const ITEMS_PER_TURN = 2;

/** Bytes of an item's JSON, as they are found in conversations with tools: 875 on average. */
const SIZES = { user: 200, call: 370, result: 2_100, answer: 830 };

/**
 * What a conversation appends, two items at a time: a question and the tool call that it leads to, then the tool's result
 * and the answer. Two such turns are four items of together 3.5 KB.
 */
export function conversation(items: number, seed = 12): AgentInputItem[] {
  const prose = new Prose(seed);
  const exchanges = Math.ceil(items / 4);
  return Array.from({ length: exchanges }, (_, number) => exchange(number, prose))
    .flat()
    .slice(0, items);
}

/** Cuts items into what single appends take. */
export function inAppendsOf(count: number, items: readonly AgentInputItem[]): AgentInputItem[][] {
  return Array.from({ length: Math.ceil(items.length / count) }, (_, index) =>
    items.slice(index * count, (index + 1) * count),
  );
}

/** The bytes of the items' JSON. */
export function bytesOf(items: readonly AgentInputItem[]): number {
  return items.reduce((sum, item) => sum + Buffer.byteLength(JSON.stringify(item)), 0);
}

function exchange(number: number, prose: Prose): AgentInputItem[] {
  const callId = `call_${number.toString(36).padStart(24, '0')}`;
  return [
    filled(SIZES.user, prose, (content) => ({ type: 'message', role: 'user', content })),
    filled(SIZES.call, prose, (text) => ({
      type: 'function_call',
      id: `fc_${callId}`,
      callId,
      name: 'search_documents',
      status: 'completed',
      arguments: JSON.stringify({ query: text, limit: 5 }),
    })),
    filled(SIZES.result, prose, (text) => ({
      type: 'function_call_result',
      callId,
      name: 'search_documents',
      status: 'completed',
      output: { type: 'text', text },
    })),
    filled(SIZES.answer, prose, (text) => ({
      type: 'message',
      id: `msg_${callId}`,
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text }],
    })),
  ];
}

/** An item of exactly so many bytes. */
function filled(bytes: number, prose: Prose, withText: (text: string) => AgentInputItem): AgentInputItem {
  return withText(prose.text(bytes - bytesOf([withText('')])));
}

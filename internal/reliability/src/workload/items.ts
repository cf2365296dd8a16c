import { isDeepStrictEqual } from 'node:util';
import type { AgentInputItem } from '@openai/agents';
import { originalOf, type Item } from '../checker/history';

/** In the name of an item that is a function call, and so can be rewritten. */
const CALL = '!';
/** Before the number of characters that an item is padded with. */
const PADDED = '+';

export function itemName(name: string, { padding = 0, isCall = false } = {}): Item {
  return `${name}${isCall ? CALL : ''}${padding === 0 ? '' : `${PADDED}${padding}`}`;
}

export function isFunctionCall(item: Item): boolean {
  return item.includes(CALL);
}

export function toAgentItem(item: Item): AgentInputItem {
  const padding = /\+(\d+)/.exec(item)?.[1] ?? '0';
  const text = `${item} ${'x'.repeat(Number(padding))}`;
  return isFunctionCall(item)
    ? { type: 'function_call', callId: originalOf(item), name: 'tool', arguments: text }
    : { role: 'user', content: text };
}

/** The item's name; another one, which nobody added, where the item did not come back whole. */
export function toItem(agentItem: AgentInputItem): Item {
  const text =
    'arguments' in agentItem ? agentItem.arguments : 'content' in agentItem ? agentItem.content : '';
  const [item = ''] = typeof text === 'string' ? text.split(' ', 1) : [];
  if (isDeepStrictEqual(agentItem, toAgentItem(item))) return item;
  return `damaged ${JSON.stringify(agentItem).slice(0, 80)}`;
}

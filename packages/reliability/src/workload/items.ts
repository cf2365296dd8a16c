import type { AgentInputItem } from '@openai/agents';
import type { Item } from '../checker/history';

/** Between an item's name and how many characters of padding it carries, which the name says too. */
const PADDED = '+';

export function itemName(name: string, padding = 0): Item {
  return padding === 0 ? name : `${name}${PADDED}${padding}`;
}

export function toAgentItem(item: Item): AgentInputItem {
  return { role: 'user', content: contentOf(item) };
}

/** The item's name; another one, which nobody added, where the item did not come back whole. */
export function toItem(agentItem: AgentInputItem): Item {
  const content = 'content' in agentItem ? agentItem.content : undefined;
  const [item = ''] = typeof content === 'string' ? content.split(' ', 1) : [];
  return content === contentOf(item) ? item : `damaged ${JSON.stringify(agentItem).slice(0, 80)}`;
}

function contentOf(item: Item): string {
  const [, padding = '0'] = item.split(PADDED);
  return `${item} ${'x'.repeat(Number(padding))}`;
}

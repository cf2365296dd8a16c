import type { AgentInputItem } from '@openai/agents';
import { textOf } from '../itemText';
import { dim } from './terminal';

/** One line per item: its position, what it is, and what it says. */
export function describeItems(items: readonly AgentInputItem[]): string[] {
  return items.map((item, index) => {
    const kind = 'role' in item ? item.role : item.type;
    return `${dim(`${index + 1}`.padStart(3))}  ${kind.padEnd(21)}${textOf(item)}`;
  });
}

import type { AgentInputItem } from '@openai/agents';
import { dim } from './terminal';

/** One line per item: its position, what it is, and what it says. */
export function describeItems(items: readonly AgentInputItem[]): string[] {
  return items.map((item, index) => {
    const kind = 'role' in item ? item.role : item.type;
    return `${dim(`${index + 1}`.padStart(3))}  ${kind.padEnd(21)}${textOf(item)}`;
  });
}

/** What a message, a tool call, or a tool's result says. */
export function textOf(item: AgentInputItem): string {
  if ('content' in item) return flatten(item.content);
  if (item.type === 'function_call') return `${item.name} ${item.arguments}`;
  if (item.type === 'function_call_result') return flatten(item.output);
  return '';
}

function flatten(content: unknown): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(flatten).join(' ');
  return (content as { text?: string } | undefined)?.text ?? '';
}

import type { AgentInputItem } from '@openai/agents';

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

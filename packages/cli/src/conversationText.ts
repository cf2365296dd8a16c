import type { AgentInputItem } from '@openai/agents';
import type { Output } from './output';

type Fields = Readonly<Record<string, unknown>>;

/** Control characters would be commands to the terminal; tabs and line feeds stay. */
const CONTROL = /[^\P{Cc}\t\n]/gu;

/** An item as a person reads it: who, and what. */
export function conversationText(item: AgentInputItem, output: Output): string {
  const fields = item as unknown as Fields;
  const [who, what] = partsOf(fields);
  const label = output.styled(styleOf(fields), who);
  return `${label}\n${indented(what)}\n`;
}

function partsOf(item: Fields): [who: string, what: string] {
  const { type = 'message', role, name } = item;
  switch (type) {
    case 'message':
      return [String(role), contentText(item['content'])];
    case 'reasoning':
      return ['reasoning', contentText(item['content'])];
    case 'function_call':
      return [`calls ${String(name)}`, String(item['arguments'])];
    case 'function_call_result':
      return [`${String(name)} returns`, contentText(item['output'])];
    case 'hosted_tool_call':
      return [
        `calls ${String(name)}`,
        contentText(item['output'] ?? item['arguments'] ?? item['providerData']),
      ];
    default:
      return [String(type), contentText({ ...item, type: undefined })];
  }
}

function contentText(content: unknown): string {
  if (content === undefined) return '';
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(contentText).join('\n');
  const { text, refusal, type } = (content ?? {}) as Fields;
  if (typeof text === 'string') return text;
  if (typeof refusal === 'string') return refusal;
  return typeof type === 'string' && /image|file|audio/.test(type) ? `[${type}]` : JSON.stringify(content);
}

function styleOf({ role, type }: Fields): 'cyan' | 'green' | 'yellow' | 'gray' {
  if (role === 'user') return 'cyan';
  if (role === 'assistant') return 'green';
  return type === 'reasoning' ? 'gray' : 'yellow';
}

function indented(text: string): string {
  return text
    .replace(CONTROL, '\u{fffd}')
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

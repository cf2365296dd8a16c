import type { AgentInputItem } from '@openai/agents';
import { textOf } from '../itemText';

/** What the page shows of a conversation. `index` is the item's place in the history, from 0. */
export type Entry =
  | { readonly kind: 'user' | 'assistant'; readonly index: number; readonly text: string }
  | {
      readonly kind: 'tool';
      readonly index: number;
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
      /** Undefined: not yet. */
      readonly result?: string | undefined;
    };

export function entriesOf(items: readonly AgentInputItem[]): Entry[] {
  const results = new Map(
    items.flatMap((item) =>
      item.type === 'function_call_result' ? [[item.callId, textOf(item)] as const] : [],
    ),
  );
  return items.flatMap((item, index): Entry[] => {
    if ('role' in item && (item.role === 'user' || item.role === 'assistant')) {
      return [{ kind: item.role, index, text: textOf(item) }];
    }
    if (item.type !== 'function_call') return [];
    const { callId, name, arguments: text } = item;
    return [{ kind: 'tool', index, callId, name, arguments: text, result: results.get(callId) }];
  });
}

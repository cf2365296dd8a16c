import { AIMessage, HumanMessage, type BaseMessage } from '@langchain/core/messages';
import type { AgentInputItem } from '@openai/agents';

/** Makes the message of a tool's result, whose class depends on what a history can read back. */
export type ToToolMessage = (text: string, callId: string) => BaseMessage;

/**
 * The messages of LangChain with the same content as the items. An application of LangChain has messages from the start,
 * so each list of items is translated once, whoever appends it how often.
 */
export function langChainMessages(toToolMessage: ToToolMessage): (items: AgentInputItem[]) => BaseMessage[] {
  const known = new WeakMap<AgentInputItem[], BaseMessage[]>();
  return (items) => {
    const messages = known.get(items) ?? items.map((item) => toMessage(item, toToolMessage));
    known.set(items, messages);
    return messages;
  };
}

function toMessage(item: AgentInputItem, toToolMessage: ToToolMessage): BaseMessage {
  if (item.type === 'function_call') {
    const { name, arguments: text } = item;
    // The history of DynamoDB keeps what is here, and drops `tool_calls`.
    return new AIMessage({ content: '', additional_kwargs: { call: { name, arguments: text } } });
  }
  if (item.type === 'function_call_result') return toToolMessage(textOf(item.output), item.callId);
  if ('role' in item && item.role === 'user') return new HumanMessage(textOf(item.content));
  if ('role' in item && item.role === 'assistant') return new AIMessage(textOf(item.content));
  throw new Error('the workload has no such items');
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const [first] = [content].flat() as { readonly text?: string }[];
  return first?.text ?? '';
}

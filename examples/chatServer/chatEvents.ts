import type { RunStreamEvent } from '@openai/agents';

/** What the page is told of an answer under way. */
export type ChatEvent =
  | { readonly type: 'text'; readonly delta: string }
  /** The text so far is a message of its own: a later one, or a tool, follows. */
  | { readonly type: 'messageEnded' }
  | {
      readonly type: 'toolCalled';
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
    }
  | { readonly type: 'toolReturned'; readonly callId: string }
  /** All is stored that there is to store: read the conversation again. */
  | { readonly type: 'ended'; readonly failed: boolean };

/** What the page is told of an event of the SDK; undefined where it is nothing to it. */
export function chatEvent(event: RunStreamEvent): ChatEvent | undefined {
  if (event.type === 'raw_model_stream_event') {
    return event.data.type === 'output_text_delta' ? { type: 'text', delta: event.data.delta } : undefined;
  }
  if (event.type !== 'run_item_stream_event') return undefined;
  const { rawItem } = event.item;
  if (event.name === 'message_output_created') return { type: 'messageEnded' };
  if (rawItem.type === 'function_call' && event.name === 'tool_called') {
    const { callId, name, arguments: text } = rawItem;
    return { type: 'toolCalled', callId, name, arguments: text };
  }
  if (rawItem.type === 'function_call_result') return { type: 'toolReturned', callId: rawItem.callId };
  return undefined;
}

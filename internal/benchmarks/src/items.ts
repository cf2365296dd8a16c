import type { AgentInputItem } from '@openai/agents';

/** One turn: a question, a tool call with its result, an answer. About 1.3 KB. */
export function turn(number: number): AgentInputItem[] {
  const callId = `call_${number}`;
  return [
    { role: 'user', content: `Question ${number}: ${'what about the weather? '.repeat(10)}` },
    { type: 'function_call', callId, name: 'weather', status: 'completed', arguments: '{"city":"Paris"}' },
    {
      type: 'function_call_result',
      callId,
      name: 'weather',
      status: 'completed',
      output: { type: 'text', text: 'sunny, 21 °C, '.repeat(20) },
    },
    {
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: `Answer ${number}: ${'it is sunny. '.repeat(20)}` }],
    },
  ];
}

import type { AgentInputItem } from '@openai/agents';
import { Texts, type Kind } from './texts';
import { bytesOf } from './turns';

type Form = (text: string, id: string) => AgentInputItem;

/* As the SDK stores them. */
const asked: Form = (content) => ({ type: 'message', role: 'user', content });
const answered: Form = (text, id) => ({
  id: `msg_${id}`,
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text, providerData: { annotations: [], logprobs: [] } }],
  status: 'completed',
});
const called: Form = (text, id) => ({
  type: 'function_call',
  id: `fc_${id}`,
  callId: `call_${id.slice(0, 24)}`,
  name: 'look_up',
  status: 'completed',
  arguments: text,
  providerData: { id: `fc_${id}`, type: 'function_call' },
});
const returned: Form = (text, id) => ({
  type: 'function_call_result',
  name: 'look_up',
  callId: `call_${id.slice(0, 24)}`,
  status: 'completed',
  output: { type: 'text', text },
});

const FORMS: Readonly<Record<Kind, readonly Form[]>> = {
  prose: [asked, answered],
  'tool JSON': [called, returned],
  code: [answered, returned],
};

/** Items of at most so many bytes of JSON each, and hardly less, in the forms that such text has in a conversation. */
export function textItems(kind: Kind, bytes: number, count: number): AgentInputItem[] {
  const texts = new Texts(bytes);
  const forms = FORMS[kind];
  return Array.from({ length: count }, (_, number) =>
    sized(bytes, texts, kind, forms[number % forms.length] ?? asked),
  );
}

/** Turns of 1.8 KB: a question and its answer. */
export function chatTurns(count: number): AgentInputItem[][] {
  const texts = new Texts(1_800);
  return Array.from({ length: count }, () => [
    sized(300, texts, 'prose', asked),
    sized(1_500, texts, 'prose', answered),
  ]);
}

/** Turns of 3 KB: a call, and what the tool returned. */
export function toolTurns(count: number): AgentInputItem[][] {
  const texts = new Texts(3_000);
  return Array.from({ length: count }, () => [
    sized(400, texts, 'tool JSON', called),
    sized(2_600, texts, 'tool JSON', returned),
  ]);
}

function sized(bytes: number, texts: Texts, kind: Kind, form: Form): AgentInputItem {
  const id = texts.hexDigits(50);
  let text = texts.piece(kind, bytes);
  let item = form(text, id);
  for (let over = bytesOf([item]) - bytes; over > 0; over = bytesOf([item]) - bytes) {
    text = text.slice(0, -Math.ceil(over / 2));
    item = form(text, id);
  }
  return item;
}

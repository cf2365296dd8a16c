import { refused, type Fields } from './fields';
import { contentOf, isOwnPart } from './content';

const STATUSES = ['in_progress', 'completed', 'incomplete'] as const;
const PHASES = ['commentary', 'final_answer'] as const;

/** What the SDK for JavaScript has no type for is sent as it was by its type for that. */
export function asUnknown(fields: Fields): object {
  const id = fields.id();
  return { type: 'unknown', ...(id !== undefined && { id }), providerData: fields.whole('id') };
}

/** A message, in the form of an answer or in that of an input: https://platform.openai.com/docs/api-reference/responses/create */
export function toMessage(fields: Fields): object {
  const role = fields.peek('role');
  const isText = typeof fields.peek('content') === 'string';
  if (role === 'developer' || (role === 'system' && !isText)) return asUnknown(fields);
  if (role === 'assistant') return toAssistantMessage(fields);
  if (role !== 'user' && role !== 'system') throw fields.unknown('role', role);
  fields.take('role');
  const content = isText ? fields.text('content') : fields.list('content').map(contentOf);
  return { type: 'message', id: fields.id(), role, content, ...fields.rest() };
}

function toAssistantMessage(fields: Fields): object {
  fields.take('role');
  const isText = typeof fields.peek('content') === 'string';
  return {
    type: 'message',
    id: fields.id(),
    role: 'assistant',
    status: fields.oneOf('status', STATUSES) ?? 'completed',
    phase: fields.oneOf('phase', PHASES),
    content: isText
      ? [{ type: 'output_text', text: fields.text('content') }]
      : fields.list('content').map(answerOf),
    ...fields.rest(),
  };
}

function answerOf(fields: Fields): object {
  if (isOwnPart(fields)) return fields.asItIs();
  const type = fields.peek('type');
  if (type === 'output_text') return { type, text: fields.text('text'), ...fields.rest() };
  if (type === 'refusal') return { type, refusal: fields.text('refusal'), ...fields.rest() };
  throw fields.unknown('type', type);
}

export function toReasoning(fields: Fields): object {
  const content = fields.list('summary').map((part) => {
    if (part.peek('type') !== 'summary_text') throw part.unknown('type', part.peek('type'));
    return { type: 'input_text', text: part.text('text'), ...part.rest() };
  });
  return { type: 'reasoning', id: fields.id(), content, ...fields.rest() };
}

export function toCompaction(fields: Fields): object {
  const encrypted = fields.text('encrypted_content');
  if (encrypted === '') throw refused(`${fields.path}.encrypted_content must not be empty`);
  return {
    type: 'compaction',
    id: fields.id(),
    encrypted_content: encrypted,
    created_by: fields.optionalText('created_by'),
    ...fields.rest(),
  };
}

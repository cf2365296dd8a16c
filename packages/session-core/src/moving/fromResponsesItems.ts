import type { AgentInputItem } from '@openai/agents';
import { mapElements } from '../arguments/readArguments';
import { takeItem } from '../records/itemJson';
import * as calls from './responses/calls';
import { Fields } from './responses/fields';
import { asUnknown, toCompaction, toMessage, toReasoning } from './responses/messages';
import { toToolSearchCall, toToolSearchOutput } from './responses/toolSearch';

type Converter = (fields: Fields, known: ReadonlyMap<string, calls.KnownCall>) => object;

/** By the item's type in the Responses API. */
const CONVERTERS: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ['message', toMessage],
  ['reasoning', toReasoning],
  ['compaction', toCompaction],
  ['function_call', calls.toFunctionCall],
  ['function_call_output', calls.toFunctionResult],
  ['computer_call', calls.toComputerCall],
  ['computer_call_output', calls.toComputerResult],
  ['shell_call', calls.toShellCall],
  ['shell_call_output', calls.toShellResult],
  ['apply_patch_call', calls.toPatchCall],
  ['apply_patch_call_output', calls.toPatchResult],
  ['program', calls.toProgram],
  ['program_output', calls.toProgramOutput],
  ['tool_search_call', toToolSearchCall],
  ['tool_search_output', toToolSearchOutput],
  ['file_search_call', calls.toHostedCall],
  ['web_search_call', calls.toHostedCall],
  ['code_interpreter_call', calls.toHostedCall],
  ['image_generation_call', calls.toHostedCall],
  ['mcp_list_tools', calls.toHostedCall],
  ['mcp_call', calls.toHostedCall],
  ['mcp_approval_request', calls.toHostedCall],
  ['mcp_approval_response', calls.toHostedCall],
  ['local_shell_call', asUnknown],
  ['local_shell_call_output', asUnknown],
  ['custom_tool_call', asUnknown],
  ['custom_tool_call_output', asUnknown],
  ['item_reference', asUnknown],
]);

/** What only items of the SDK for JavaScript have. */
const OWN_FIELDS = ['callId', 'providerData', 'rawContent'];
const OWN_TYPES = new Set(['function_call_result', 'computer_call_result', 'hosted_tool_call', 'unknown']);

/**
 * The SDK's items of input items of the Responses API, as the SDK for Python stores them and as one writes them by hand: names
 * in snake_case, results of functions without the name of the function. Sent, they are again what they were, but for what the
 * SDK always writes out: a status, an image's `detail`. What is an item of the SDK for JavaScript already stays as it is.
 *
 * Left out are ids that the SDK for Python made up (`__fake_id__`), and its `provider_data`, which it does not send either.
 *
 * @throws `INVALID_ARGUMENT` that names the place, for an item that is of no known type, lacks what its type needs, or would be
 * sent as something else; `UNSERIALIZABLE_ITEM`
 */
export function fromResponsesItems(items: readonly unknown[]): AgentInputItem[] {
  const taken = mapElements(items, 'items', (item, path) => ({ item: takeItem(item, path).item, path }));
  const fields = taken.map(({ item, path }) => new Fields(item, path));
  const known = callsIn(fields);
  return fields.map((each, index) => {
    const item = taken[index]?.item;
    return item && isOwn(each) ? item : takeItem(convert(each, known), each.path).item;
  });
}

function convert(fields: Fields, known: ReadonlyMap<string, calls.KnownCall>): object {
  const type = fields.peek('type') ?? (fields.peek('role') === undefined ? undefined : 'message');
  const converter = typeof type === 'string' ? CONVERTERS.get(type) : undefined;
  if (converter === undefined) throw fields.unknown('type', type);
  return converter(fields, known);
}

function isOwn(fields: Fields): boolean {
  if (OWN_FIELDS.some((name) => fields.peek(name) !== undefined)) return true;
  const type = fields.peek('type');
  return OWN_TYPES.has(String(type)) || (type === 'reasoning' && isOwnReasoning(fields));
}

/** Its content is the API's summary, as text of an input. */
function isOwnReasoning(fields: Fields): boolean {
  const isSummary = fields.peek('summary') === undefined && fields.peek('content') !== undefined;
  return isSummary && fields.list('content').every((part) => part.peek('type') === 'input_text');
}

function callsIn(items: readonly Fields[]): ReadonlyMap<string, calls.KnownCall> {
  const known = new Map<string, calls.KnownCall>();
  for (const item of items) {
    if (item.peek('type') !== 'function_call') continue;
    const [callId, name, namespace] = ['call_id', 'name', 'namespace'].map((field) => item.peek(field));
    if (typeof callId !== 'string' || typeof name !== 'string') continue;
    known.set(callId, { name, namespace: typeof namespace === 'string' ? namespace : undefined });
  }
  return known;
}

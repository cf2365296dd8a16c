import { isPlainObject } from '../../arguments/isPlainObject';
import type { Fields } from './fields';

export function toToolSearchCall(fields: Fields): object {
  return {
    type: 'tool_search_call',
    id: fields.id(),
    status: fields.optionalText('status'),
    arguments: fields.some('arguments'),
    ...fields.rest(),
  };
}

export function toToolSearchOutput(fields: Fields): object {
  fields.list('tools');
  return {
    type: 'tool_search_output',
    id: fields.id(),
    status: fields.optionalText('status'),
    tools: (fields.take('tools') as readonly unknown[]).map(toolOf),
    ...fields.rest(),
  };
}

/** What the SDK has in camelCase of a tool that was found. */
const NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  tool_reference: { function_name: 'functionName' },
  function: {
    defer_loading: 'deferLoading',
    allowed_callers: 'allowedCallers',
    output_schema: 'outputSchema',
  },
};

function toolOf(tool: unknown): unknown {
  if (!isPlainObject(tool)) return tool;
  const { type, tools } = tool as { readonly type?: unknown; readonly tools?: unknown };
  if (type === 'namespace' && Array.isArray(tools)) return { ...tool, tools: tools.map(toolOf) };
  const names = NAMES[String(type)];
  if (names === undefined) return tool;
  const entries = Object.entries(tool).filter(([name, held]) => !Object.hasOwn(names, name) || held !== null);
  return Object.fromEntries(entries.map(([name, held]) => [names[name] ?? name, held]));
}

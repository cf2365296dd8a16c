import { contentOf } from './content';
import type { Fields } from './fields';

const STATUSES = ['in_progress', 'completed', 'incomplete'] as const;

/** The call that a result answers. */
export interface KnownCall {
  readonly name: string;
  readonly namespace: string | undefined;
}

export function toFunctionCall(fields: Fields): object {
  return {
    type: 'function_call',
    id: fields.id(),
    callId: fields.text('call_id'),
    name: fields.text('name'),
    namespace: fields.optionalText('namespace'),
    status: fields.oneOf('status', STATUSES),
    arguments: fields.text('arguments'),
    ...caller(fields),
    ...fields.rest(),
  };
}

/** @param calls - by their call id; the API has a result without the name of its tool, and the SDK one with it. */
export function toFunctionResult(fields: Fields, calls: ReadonlyMap<string, KnownCall>): object {
  const callId = fields.text('call_id');
  const isText = typeof fields.peek('output') === 'string';
  return {
    type: 'function_call_result',
    id: fields.id(),
    callId,
    ...(calls.get(callId) ?? { name: callId }),
    status: fields.oneOf('status', STATUSES) ?? 'completed',
    output: isText ? fields.text('output') : fields.list('output').map(contentOf),
    ...caller(fields),
    ...fields.rest(),
  };
}

export function toComputerCall(fields: Fields): object {
  const action = fields.take('action');
  const actions = fields.take('actions');
  if (action === undefined && actions === undefined) fields.some('action');
  return {
    type: 'computer_call',
    id: fields.id(),
    callId: fields.text('call_id'),
    status: fields.oneOf('status', STATUSES) ?? 'completed',
    action,
    actions,
    ...fields.rest(),
  };
}

export function toComputerResult(fields: Fields): object {
  const output = fields.object('output');
  return {
    type: 'computer_call_result',
    id: fields.id(),
    callId: fields.text('call_id'),
    output: { type: 'computer_screenshot', data: output.text('image_url') },
    ...fields.rest(),
  };
}

export function toShellCall(fields: Fields): object {
  const action = fields.object('action');
  return {
    type: 'shell_call',
    id: fields.id(),
    callId: fields.text('call_id'),
    status: fields.oneOf('status', STATUSES),
    action: {
      commands: action.some('commands'),
      timeoutMs: action.optionalNumber('timeout_ms'),
      maxOutputLength: action.optionalNumber('max_output_length'),
    },
    ...caller(fields),
    ...fields.rest(),
  };
}

export function toShellResult(fields: Fields): object {
  const output = fields.list('output').map((part) => {
    const outcome = part.object('outcome');
    const isTimeout = outcome.oneOf('type', ['timeout', 'exit']) === 'timeout';
    return {
      stdout: part.text('stdout'),
      stderr: part.text('stderr'),
      outcome: isTimeout
        ? { type: 'timeout' }
        : { type: 'exit', exitCode: outcome.optionalNumber('exit_code') ?? null },
    };
  });
  return {
    type: 'shell_call_output',
    id: fields.id(),
    callId: fields.text('call_id'),
    status: fields.oneOf('status', STATUSES),
    maxOutputLength: fields.optionalNumber('max_output_length'),
    output,
    ...caller(fields),
    ...fields.rest(),
  };
}

export function toPatchCall(fields: Fields): object {
  const operation = fields.object('operation');
  const type = operation.peek('type');
  const kind = operation.oneOf('type', ['create_file', 'update_file', 'delete_file']);
  if (kind === undefined) throw operation.unknown('type', type);
  const path = operation.text('path');
  return {
    type: 'apply_patch_call',
    id: fields.id(),
    callId: fields.text('call_id'),
    status: fields.oneOf('status', ['in_progress', 'completed']) ?? 'completed',
    operation: {
      type: kind,
      path,
      ...(kind !== 'delete_file' && { diff: operation.text('diff') }),
      ...(kind === 'update_file' && { moveTo: operation.optionalText('move_to') }),
    },
    ...caller(fields),
    ...fields.rest(),
  };
}

export function toPatchResult(fields: Fields): object {
  return {
    type: 'apply_patch_call_output',
    id: fields.id(),
    callId: fields.text('call_id'),
    status: fields.oneOf('status', ['completed', 'failed']) ?? 'completed',
    output: fields.optionalText('output'),
    ...caller(fields),
    ...fields.rest(),
  };
}

export function toProgram(fields: Fields): object {
  return {
    type: 'program',
    id: fields.id(),
    callId: fields.text('call_id'),
    code: fields.text('code'),
    fingerprint: fields.text('fingerprint'),
    ...fields.rest(),
  };
}

export function toProgramOutput(fields: Fields): object {
  return {
    type: 'program_output',
    id: fields.id(),
    callId: fields.text('call_id'),
    output: fields.text('result'),
    status: fields.oneOf('status', ['completed', 'incomplete']) ?? 'completed',
    ...fields.rest(),
  };
}

/** What runs at the provider: all that it tells is what the SDK sends. */
export function toHostedCall(fields: Fields): object {
  // The SDK refuses to send a search on the web whose action has no type, and null is none.
  if (fields.peek('type') === 'web_search_call') fields.optionalObject('action')?.text('type');
  const providerData = Object.entries(fields.whole('caller')).filter(([, held]) => held !== null);
  return {
    type: 'hosted_tool_call',
    id: fields.id(),
    name: fields.peek('type'),
    status: fields.optionalText('status') ?? 'completed',
    ...caller(fields),
    providerData: Object.fromEntries(providerData),
  };
}

function caller(fields: Fields): object {
  const given = fields.optionalObject('caller');
  if (given === undefined) return {};
  const type = given.oneOf('type', ['direct', 'program']);
  return { caller: type === 'program' ? { type, callerId: given.text('caller_id') } : { type: 'direct' } };
}

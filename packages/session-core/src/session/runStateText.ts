import { isPlainObject } from '../arguments/isPlainObject';
import { SessionError } from '../store/errors';
import type { PendingApproval } from './pendingRun';

type NamedCall = Pick<PendingApproval, 'callId' | 'toolName'>;

/** What is read of a state: https://github.com/openai/openai-agents-js, `SerializedRunState`. */
export interface RunStateFacts {
  readonly schemaVersion: string;
  readonly approvals: readonly NamedCall[];
}

/** @throws `INVALID_ARGUMENT`, without anything of the text, unless it is that of a run that waits for approval. */
export function factsOf(text: string): RunStateFacts {
  const state = parse(text);
  const schemaVersion = state['$schemaVersion'];
  if (typeof schemaVersion !== 'string' || !/^\d{1,9}\.\d{1,9}$/.test(schemaVersion)) {
    throw invalid('has no schema version');
  }
  const approvals = interruptionsOf(state).map(approvalOf);
  if (approvals.length === 0) throw invalid('does not wait for approval');
  return { schemaVersion, approvals };
}

/** By what a call is told from the others of its run. */
export function callIdOf(rawItem: unknown): string | undefined {
  const { callId, id } = fieldsOf(rawItem);
  const key = callId ?? id;
  return typeof key === 'string' ? key : undefined;
}

/** Whether the SDK refused a state because of its schema version. Its error has no type or code that would tell. */
export function isUnsupportedVersion(error: unknown, schemaVersion: string): boolean {
  return error instanceof Error && error.message.includes(`schema version ${schemaVersion} `);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    throw invalid('is no JSON');
  }
}

function interruptionsOf(state: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { interruptions } = fieldsOf(fieldsOf(state['currentStep'])['data']);
  return Array.isArray(interruptions) ? interruptions : [];
}

function approvalOf(interruption: unknown): NamedCall {
  const { rawItem, toolName } = fieldsOf(interruption);
  const callId = callIdOf(rawItem);
  if (callId === undefined) throw invalid('has a call without an id');
  const { name, type } = fieldsOf(rawItem);
  return { callId, toolName: [toolName, name, type].find(isString) ?? '' };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isPlainObject(value) ? value : {};
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function invalid(what: string): SessionError {
  return new SessionError('INVALID_ARGUMENT', `the state ${what}`);
}

import type { AgentInputItem, SessionHistoryRewriteArgs } from '@openai/agents';
import { SessionError } from './errors';
import { isPlainObject } from './exactJson';
import { encodeItem } from './itemCodec';
import type { StoredRecord } from './sessionStore';

/** One place of the history: its record as stored, and its item where that can be decoded. */
export interface HistoryEntry {
  readonly record: StoredRecord;
  readonly item: AgentInputItem | undefined;
}

interface ReplaceFunctionCall {
  readonly callId: string;
  readonly entry: HistoryEntry;
}

/** @throws `INVALID_ARGUMENT`, `UNSERIALIZABLE_ITEM` */
export function parseMutations(args: SessionHistoryRewriteArgs): ReplaceFunctionCall[] {
  const mutations: unknown = isPlainObject(args) ? args.mutations : undefined;
  if (!Array.isArray(mutations)) throw new SessionError('INVALID_ARGUMENT', 'mutations must be an array');
  // Array.from, because map skips holes
  return Array.from(mutations, (mutation: unknown, index) => {
    const path = `mutations[${index}]`;
    if (!isPlainObject(mutation) || mutation['type'] !== 'replace_function_call') {
      throw new SessionError('INVALID_ARGUMENT', `${path}.type must be 'replace_function_call'`);
    }
    const { callId } = mutation;
    const replacement = mutation['replacement'] as AgentInputItem;
    if (typeof callId !== 'string' || callId === '') {
      throw new SessionError('INVALID_ARGUMENT', `${path}.callId must be a non-empty string`);
    }
    if (!isPlainObject(replacement) || replacement['type'] !== 'function_call') {
      throw new SessionError('INVALID_ARGUMENT', `${path}.replacement must be a function_call item`);
    }
    const record = encodeItem(replacement, `${path}.replacement`);
    return { callId, entry: { record, item: replacement } };
  });
}

/** Replaces the first function call with the id and removes the others, as the SDK's `applySessionHistoryMutations`. */
export function mutate(
  entries: readonly HistoryEntry[],
  mutations: readonly ReplaceFunctionCall[],
): readonly HistoryEntry[] {
  return mutations.reduce<readonly HistoryEntry[]>((current, { callId, entry }) => {
    let replaced = false;
    return current.flatMap((candidate) => {
      const { item } = candidate;
      if (item?.type !== 'function_call' || item.callId !== callId) return [candidate];
      if (replaced) return [];
      replaced = true;
      return [entry];
    });
  }, entries);
}

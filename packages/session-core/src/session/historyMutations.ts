import type { AgentInputItem, SessionHistoryRewriteArgs } from '@openai/agents';
import { SessionError } from '../store/errors';
import { takeItem } from '../records/itemCodec';
import { mapElements, readFields } from '../arguments/readArguments';
import type { StoredRecord } from '../store/sessionStore';

/** One place of the history: its record as stored, and its item where that can be decoded. */
export interface HistoryEntry {
  readonly record: StoredRecord;
  readonly item: AgentInputItem | undefined;
}

interface ReplaceFunctionCall {
  readonly callId: string;
  readonly entry: HistoryEntry;
}

/** @throws `INVALID_ARGUMENT`, `UNSERIALIZABLE_ITEM`, `COMMIT_TOO_LARGE` */
export function parseMutations(args: SessionHistoryRewriteArgs): ReplaceFunctionCall[] {
  const { mutations } = readFields(args, 'the argument');
  return mapElements(mutations, 'mutations', (mutation, path) => {
    const { type, callId, replacement } = readFields(mutation, path);
    if (type !== 'replace_function_call') throw invalid(`${path}.type must be 'replace_function_call'`);
    if (typeof callId !== 'string' || callId === '') {
      throw invalid(`${path}.callId must be a non-empty string`);
    }
    const entry = takeItem(replacement, `${path}.replacement`);
    if (entry.item.type !== 'function_call') {
      throw invalid(`${path}.replacement must be a function_call item`);
    }
    return { callId, entry };
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

function invalid(message: string): SessionError {
  return new SessionError('INVALID_ARGUMENT', message);
}

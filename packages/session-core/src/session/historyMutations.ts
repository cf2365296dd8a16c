import type { AgentInputItem, SessionHistoryRewriteArgs } from '@openai/agents';
import { mapElements, readFields } from '../arguments/readArguments';
import { canonicalText, takeItem } from '../records/itemJson';
import { digest, type RecordCodec } from '../records/recordCodec';
import type { HistoryEntry } from './historyEntry';
import { invalid } from '../arguments/invalid';

/** A mutation as it was called. */
interface ReplaceFunctionCall {
  readonly callId: string;
  readonly text: string;
  readonly item: AgentInputItem;
}

/** A mutation with what takes the place of the call. */
export interface EncodedMutation {
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
    const { text, item } = takeItem(replacement, `${path}.replacement`);
    if (item.type !== 'function_call') throw invalid(`${path}.replacement must be a function_call item`);
    return { callId, text, item };
  });
}

/** Equal for structurally equal mutations. */
export function fingerprintOfMutations(mutations: readonly ReplaceFunctionCall[]): string {
  const each = mutations.map(({ callId, item }) => [callId, digest(canonicalText(item))]);
  return JSON.stringify(['replace_function_call', each]);
}

export async function encodeMutations(
  mutations: readonly ReplaceFunctionCall[],
  codec: RecordCodec,
): Promise<EncodedMutation[]> {
  const records = await codec.encode(mutations.map(({ text }) => text));
  return mutations.flatMap(({ callId, item }, index) => {
    const record = records[index];
    return record === undefined ? [] : [{ callId, entry: { record, item } }];
  });
}

/** Replaces the first function call with the id and removes the others, as the SDK's `applySessionHistoryMutations`. */
export function mutate(
  entries: readonly HistoryEntry[],
  mutations: readonly EncodedMutation[],
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

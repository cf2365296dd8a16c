import { createHash } from 'node:crypto';
import type { AgentInputItem, SessionHistoryTransactionArgs } from '@openai/agents';
import { SessionError } from '../store/errors';
import { toExactJson } from '../records/exactJson';
import { takeItem } from '../records/itemCodec';
import { mapElements, readFields } from '../arguments/readArguments';
import type { HistoryOperation, StoredRecord } from '../store/sessionStore';

export interface ParsedTransaction {
  readonly operation: HistoryOperation;
  readonly append: readonly StoredRecord[];
  /** The canonical texts of the expected suffix, oldest first; none for `append_items`. */
  readonly expectedSuffix: readonly string[];
}

const ITEM_FIELDS = {
  append_items: ['items'],
  replace_suffix: ['expectedSuffix', 'replacement'],
} as const;

/**
 * Checks a transaction as the SDK's `MemorySession` does, before anything changes.
 *
 * @throws `INVALID_ARGUMENT`, `UNSERIALIZABLE_ITEM`, `COMMIT_TOO_LARGE`
 */
export function parseTransaction(args: SessionHistoryTransactionArgs): ParsedTransaction {
  const { operationId, transaction } = readFields(args, 'the argument');
  if (typeof operationId !== 'string' || operationId.trim() === '') {
    throw invalid('operationId must be a non-empty string');
  }
  const given = readFields(transaction, 'transaction');
  const { type } = given;
  if (type !== 'append_items' && type !== 'replace_suffix') {
    throw invalid("transaction.type must be 'append_items' or 'replace_suffix'");
  }
  const itemFields: readonly string[] = ITEM_FIELDS[type];
  const fields = ['type', ...itemFields];
  if (Object.keys(given).some((key) => !fields.includes(key))) {
    throw invalid(`a ${type} transaction has the fields ${fields.join(', ')} only`);
  }
  const lists = itemFields.map((field) => takeProtocolItems(given[field], `transaction.${field}`));
  const [appended = [], expected = []] = lists.toReversed();
  return {
    operation: {
      id: digest(toExactJson(operationId, 'operationId')),
      // of digests, because all texts together may be longer than a string can be
      fingerprint: digest(
        JSON.stringify([type, ...lists.map((list) => list.map(({ text }) => digest(text)))]),
      ),
    },
    append: appended.map(({ record }) => record),
    expectedSuffix: expected.map(({ text }) => text),
  };
}

/** Equal for structurally equal items: the order of keys does not matter, types do. */
export function canonicalText(item: AgentInputItem): string {
  return toExactJson(item, 'item', true);
}

interface TakenItem {
  readonly record: StoredRecord;
  /** Canonical. */
  readonly text: string;
}

/** The SDK's schemas are left to the SDK, which adds to them; checked is what all items of its protocol have. */
function takeProtocolItems(items: unknown, path: string): TakenItem[] {
  return mapElements(items, path, (given, place) => {
    const { record, item } = takeItem(given, place);
    const { type, role } = item as { type?: unknown; role?: unknown };
    if (typeof type !== 'string' && !(type === undefined && typeof role === 'string')) {
      throw invalid(`${place} must have a type, or a role if it is a message`);
    }
    return { record, text: canonicalText(item) };
  });
}

/** 128 bits: a store keeps them for as long as the session lives. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

function invalid(message: string): SessionError {
  return new SessionError('INVALID_ARGUMENT', message);
}

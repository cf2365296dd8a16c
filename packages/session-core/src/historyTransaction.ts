import { createHash } from 'node:crypto';
import type { AgentInputItem, SessionHistoryTransactionArgs } from '@openai/agents';
import { SessionError } from './errors';
import { isPlainObject, toExactJson } from './exactJson';
import { encodeItems } from './itemCodec';
import type { HistoryOperation, StoredRecord } from './sessionStore';

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
 * @throws `INVALID_ARGUMENT`, `UNSERIALIZABLE_ITEM`
 */
export function parseTransaction(args: SessionHistoryTransactionArgs): ParsedTransaction {
  if (!isPlainObject(args)) throw invalid('transaction arguments must be an object');
  const { operationId, transaction } = args as { operationId: unknown; transaction: unknown };
  if (typeof operationId !== 'string' || operationId.trim() === '') {
    throw invalid('operationId must be a non-empty string');
  }
  if (!isPlainObject(transaction)) throw invalid('transaction must be an object');
  const { type } = transaction;
  if (type !== 'append_items' && type !== 'replace_suffix') {
    throw invalid("transaction.type must be 'append_items' or 'replace_suffix'");
  }
  const fields: readonly string[] = ['type', ...ITEM_FIELDS[type]];
  const unknownField = Object.keys(transaction).find((key) => !fields.includes(key));
  if (unknownField !== undefined)
    throw invalid(`a ${type} transaction has the fields ${fields.join(', ')} only`);

  const records = (field: string): StoredRecord[] => {
    const items = transaction[field] as AgentInputItem[];
    const encoded = encodeItems(items, `transaction.${field}`);
    items.forEach((item, index) => assertProtocolItem(item, `transaction.${field}[${index}]`));
    return encoded;
  };
  const append = records(type === 'append_items' ? 'items' : 'replacement');
  const replaced = type === 'replace_suffix' ? records('expectedSuffix') : [];
  return {
    operation: {
      id: digest(JSON.stringify(operationId)),
      fingerprint: digest(toExactJson(transaction, 'transaction', true)),
    },
    append,
    expectedSuffix: replaced.map((_, index) =>
      canonicalText((transaction['expectedSuffix'] as AgentInputItem[])[index] as AgentInputItem),
    ),
  };
}

/** Equal for structurally equal items: the order of keys does not matter, types do. */
export function canonicalText(item: AgentInputItem): string {
  return toExactJson(item, 'item', true);
}

/** What all items of the SDK's protocol have; its schemas are left to the SDK, which adds to them. */
function assertProtocolItem(item: unknown, path: string): void {
  const { type, role } = item as { type?: unknown; role?: unknown };
  if (typeof type !== 'string' && !(type === undefined && typeof role === 'string')) {
    throw invalid(`${path} must have a type, or a role if it is a message`);
  }
}

/** 128 bits: a store keeps them for as long as the session lives. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

function invalid(message: string): SessionError {
  return new SessionError('INVALID_ARGUMENT', message);
}

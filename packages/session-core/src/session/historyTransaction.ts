import type { AgentInputItem, SessionHistoryTransactionArgs } from '@openai/agents';
import { mapElements, readFields } from '../arguments/readArguments';
import { toExactJson } from '../records/exactJson';
import { canonicalText, takeExpectedItem, takeItem } from '../records/itemJson';
import { digest, type RecordCodec } from '../records/recordCodec';
import type { StoredRecord } from '../store/sessionStore';
import { operationOf, type CodedOperation } from './operations';
import { invalid } from '../arguments/invalid';

/** A transaction as it was called, in texts. */
export interface ParsedTransaction {
  readonly operationId: string;
  /** Equal for equal transactions: the type, and digests of the items. */
  readonly fingerprint: string;
  readonly append: readonly string[];
  /** The canonical texts of the expected suffix, oldest first; none for `append_items`. */
  readonly expectedSuffix: readonly string[];
}

/** What a store is given of a transaction. */
export interface EncodedTransaction {
  readonly operation: CodedOperation;
  readonly append: readonly StoredRecord[];
}

const FIELDS = {
  append_items: ['type', 'items'],
  replace_suffix: ['type', 'expectedSuffix', 'replacement'],
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
  const fields: readonly string[] = FIELDS[type];
  if (Object.keys(given).some((key) => !fields.includes(key))) {
    throw invalid(`a ${type} transaction has the fields ${fields.join(', ')} only`);
  }
  const expected = type === 'replace_suffix' ? takeExpected(given, 'expectedSuffix') : undefined;
  const appended = takeAppended(given, type === 'replace_suffix' ? 'replacement' : 'items');
  const texts = [...(expected ? [expected] : []), appended.map(({ canonical }) => canonical)];
  return {
    operationId: toExactJson(operationId, 'operationId'),
    // of digests, because all texts together may be longer than a string can be
    fingerprint: JSON.stringify([type, ...texts.map((each) => each.map(digest))]),
    append: appended.map(({ text }) => text),
    expectedSuffix: expected ?? [],
  };
}

export async function encodeTransaction(
  { operationId, fingerprint, append }: ParsedTransaction,
  codec: RecordCodec,
): Promise<EncodedTransaction> {
  return {
    operation: await operationOf(codec, operationId, fingerprint),
    append: await codec.encode(append),
  };
}

function takeAppended(
  given: Readonly<Record<string, unknown>>,
  field: string,
): { text: string; canonical: string }[] {
  return mapElements(given[field], `transaction.${field}`, (element, path) => {
    const { text, item } = takeItem(element, path);
    assertProtocolItem(item, path);
    return { text, canonical: canonicalText(item) };
  });
}

/** Only compared, never stored: the canonical texts are all that is made of these. */
function takeExpected(given: Readonly<Record<string, unknown>>, field: string): string[] {
  return mapElements(given[field], `transaction.${field}`, (element, path) => {
    const { text, item } = takeExpectedItem(element, path);
    assertProtocolItem(item, path);
    return text;
  });
}

/** The SDK's schemas are left to the SDK, which adds to them; checked is what all items of its protocol have. */
function assertProtocolItem(item: AgentInputItem, path: string): void {
  const { type, role } = item as { type?: unknown; role?: unknown };
  if (typeof type !== 'string' && !(type === undefined && typeof role === 'string')) {
    throw invalid(`${path} must have a type, or a role if it is a message`);
  }
}

import { Buffer } from 'node:buffer';
import { canonicalText, itemTexts } from '../records/itemJson';
import { digest, type RecordCodec } from '../records/recordCodec';
import { SessionError } from '../store/errors';
import { NO_HISTORY, type StoredRecord } from '../store/sessionStore';
import type { HistoryAccess } from './historyAccess';
import { readable, unreadable, type HistoryEntry } from './historyEntry';
import type { HistoryView } from './historyView';
import { operationOf, type CodedOperation } from './operations';
import { invalid } from '../arguments/invalid';

/**
 * Puts the first `upTo` items of one session, or all, into another that holds nothing, in one commit. See
 * `StoredSession.fork`.
 *
 * The commit is an operation of the fork, which tells by the source and its items that it is there already: a call that is
 * repeated, in this process or another, after an answer that was lost, is recognised for as long as the fork lives.
 */
export async function forkHistory(
  access: HistoryAccess,
  source: HistoryView,
  target: HistoryView,
  upTo: number | undefined,
): Promise<void> {
  if (source.storedId === target.storedId) throw invalid('a fork needs another id than its source');
  const entries = await access.readFirst(source, upTo);
  const count = readable(entries).length;
  if (upTo !== undefined && count < upTo)
    throw invalid(`upTo is ${upTo}, and the history has ${count} items`);
  const { status } = await access.tryCommit(target, {
    append: await recordsFor(target.codec, source.codec, entries),
    operation: await forkingOf(target.codec, source.storedId, entries),
    basis: NO_HISTORY,
  });
  if (status === 'committed' || status === 'repeated') return;
  throw new SessionError('CONFLICT', 'there is a session with the id of the fork already');
}

/** Records are copied as they are, unless they are bound to their session. */
async function recordsFor(
  target: RecordCodec,
  source: RecordCodec,
  entries: readonly HistoryEntry[],
): Promise<StoredRecord[]> {
  if (target === source) return entries.map(({ record }) => record);
  if (unreadable(entries).length > 0) {
    throw new SessionError(
      'CORRUPT_RECORD',
      'a record that cannot be decoded cannot be encoded for another session either',
    );
  }
  return target.encode(itemTexts(readable(entries)));
}

/** No operation of the application begins so: those ids are JSON texts of strings. */
function forkingOf(
  codec: RecordCodec,
  sourceId: string,
  entries: readonly HistoryEntry[],
): Promise<CodedOperation> {
  // of digests, because all records together may be longer than a string can be
  const digests = entries.map((entry) => digest(textOf(entry)));
  return operationOf(codec, `fork ${sourceId}`, digests.join());
}

/** The same for an item whose record was encrypted anew meanwhile. */
function textOf({ record, item }: HistoryEntry): string {
  if (item !== undefined) return `item ${canonicalText(item)}`;
  return typeof record === 'string' ? `text ${record}` : `bytes ${Buffer.from(record).toString('base64')}`;
}

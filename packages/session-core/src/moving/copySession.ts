import type { AgentInputItem, RunContext } from '@openai/agents';
import { fromExactJson } from '../records/exactJson';
import { partsOf } from '../records/itemParts';
import type { StoredSession } from '../session/storedSession';
import { SessionError } from '../store/errors';
import { digestOfItems } from './exportFormat';
import { addDetails, detailsOf, isStartOf, textsOf, type ReadableSession } from './sessionContent';

/** What a copy is, once it was compared. */
export interface CopyReport {
  /** How many items the copy has. */
  readonly items: number;
  /** Of all of them, as in the header of an export. */
  readonly digest: string;
  /** How many of them this call has written; the others were there from an earlier one. */
  readonly written: number;
  /** How many items the source has by now behind those: call it again to copy them too. */
  readonly missed: number;
  /** Whether the source was changed otherwise meanwhile, as by a compaction or a clear: what was copied is not its beginning. */
  readonly isOutdated: boolean;
}

/**
 * Makes one session hold what another one holds, on whatever backend, each by its own options. The target must hold nothing, or
 * the first items of the source, as after a call that was killed, or before the source has grown: then only the others are
 * written, after the last of those, once whoever calls it how often. In the end the target is read again, and number and digest
 * compared.
 *
 * Title and metadata go along where both sessions are listed and the target has none; pending runs and the ids of transactions
 * stay.
 *
 * @throws `CONFLICT` when the target holds something else, or somebody writes to it meanwhile; what reading the source and
 * `importItems` throw. Whatever it throws, call it again.
 */
export async function copySession(
  source: ReadableSession,
  target: StoredSession,
  runContext?: RunContext,
): Promise<CopyReport> {
  const texts = await textsOf(source, runContext);
  const before = await textsOf(target, runContext);
  if (!isStartOf(before, texts))
    throw conflict('the target holds something else than the beginning of the source');
  if (before.length === 0) await target.importItems(itemsIn(texts), runContext);
  else await append(target, texts, before.length, runContext);
  await addDetails(target, texts.length === 0 ? undefined : await detailsOf(source, runContext), runContext);

  const digest = digestOfItems(texts);
  const after = await textsOf(target, runContext);
  if (after.length !== texts.length || digestOfItems(after) !== digest) {
    throw conflict('the copy is not what was read of the source: somebody else writes to it');
  }
  const now = await textsOf(source, runContext);
  const isOutdated = !isStartOf(texts, now);
  const missed = isOutdated ? 0 : now.length - texts.length;
  return { items: texts.length, digest, written: texts.length - before.length, missed, isOutdated };
}

/** What comes behind the first items, right behind the last of them or not at all. */
async function append(
  target: StoredSession,
  texts: readonly string[],
  start: number,
  runContext: RunContext | undefined,
): Promise<void> {
  const rest = texts.slice(start);
  if (rest.length === 0) return;
  for (const part of partsOf(rest)) {
    const end = start + part.start + part.texts.length;
    const last = itemsIn(texts.slice(start + part.start - 1, start + part.start));
    const replacement = [...last, ...itemsIn(part.texts)];
    const operationId = `copy ${digestOfItems(texts.slice(0, end))}`;
    try {
      await target.applyHistoryTransaction(
        { operationId, transaction: { type: 'replace_suffix', expectedSuffix: last, replacement } },
        runContext,
      );
    } catch (error) {
      if (!SessionError.is(error, 'SUFFIX_MISMATCH')) throw error;
      throw conflict('somebody else has written to the target since it was read');
    }
  }
}

function itemsIn(texts: readonly string[]): AgentInputItem[] {
  return texts.map((text) => fromExactJson(text) as AgentInputItem);
}

function conflict(message: string): SessionError {
  return new SessionError('CONFLICT', message);
}

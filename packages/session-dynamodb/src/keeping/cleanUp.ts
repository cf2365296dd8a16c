import { chunkSetNameAt, rangeBefore, timeOf } from '../table/rowKeys';
import type { StoredRow } from '../table/rowMapping';
import { MOST_PER_REQUEST, type RowChange, type SessionRows } from '../table/sessionRows';
import { TOMBSTONE_MS, tombstoneOver } from './expiry';

/**
 * Deletes the rows before `version`, where the log begins, and the chunks that no row uses. Rows of somebody else stay.
 *
 * A writer that saw the session before may still put its row at a version that was free then. Were the row there simply
 * deleted, what that writer puts would be acknowledged and never seen. So a row that is younger than a day is not deleted
 * but loses its content: the tombstone in its place stops the writer, and tells the commit that put the row that it landed.
 *
 * @param setsInUse The names of chunks that rows from `version` on still use. Needed where such rows can be older than a day,
 *   because chunks of that age that are in no row would be taken for those of a writer that died.
 */
export async function cleanUp(
  rows: SessionRows,
  version: number,
  now: number,
  setsInUse: ReadonlySet<string> = new Set(),
): Promise<void> {
  const unusedSets = new Set<string>();
  let changes: RowChange[] = [];
  // The newest first: so rows come before chunks, and it is known which chunks they used.
  for await (const stored of rows.query(rangeBefore(version), { newestFirst: true, extent: 'header' })) {
    const change = dispose(stored, now, { unusedSets, setsInUse });
    if (change) changes.push(change);
    if (changes.length < MOST_PER_REQUEST) continue;
    await rows.write(changes);
    changes = [];
  }
  await rows.write(changes);
}

function dispose(
  stored: StoredRow,
  now: number,
  { unusedSets, setsInUse }: { readonly unusedSets: Set<string>; readonly setsInUse: ReadonlySet<string> },
): RowChange | undefined {
  const remove = { remove: stored.key };
  const setName = chunkSetNameAt(stored.key);
  if (setName !== undefined) {
    const isOrphan = timeOf(setName) < now - TOMBSTONE_MS && !setsInUse.has(setName);
    return unusedSets.has(setName) || isOrphan ? remove : undefined;
  }
  if (!stored.isOurs) return undefined;
  if (stored.chunkSetName !== undefined) unusedSets.add(stored.chunkSetName);
  const { version, idempotencyKey, createdAt } = stored;
  if (version === undefined || idempotencyKey === undefined) return remove;
  if (createdAt === undefined || createdAt < now - TOMBSTONE_MS) return remove;
  if (stored.isTombstone && stored.ttl !== undefined) return undefined;
  return { put: tombstoneOver({ version, idempotencyKey, createdAt }, now) };
}

import { randomUUID } from 'node:crypto';
import { SessionError } from '@agent-sessions/session-core/store';
import { readNewest } from './read';
import type { Tombstone } from './rows';
import { contention } from '../table/errors';
import { chunkRange } from '../table/rowKeys';
import type { StoredRow } from '../table/rowMapping';
import type { RowChange, SessionRows } from '../table/sessionRows';
import { cleanUp } from '../keeping/cleanUp';
import { isLeaving, tombstoneOver, tombstoneTtl } from '../keeping/expiry';

/**
 * Makes a tombstone the newest row, and deletes what is before it. Returns the newest row, if there is any.
 *
 * @throws `CONTENTION`, `STORE_MISCONFIGURED`, `UNSUPPORTED_FORMAT`
 */
export async function clear(rows: SessionRows, now: number): Promise<Tombstone | undefined> {
  const tombstone = await putTombstone(rows, now);
  await cleanUp(rows, tombstone?.version ?? 1, now);
  if (tombstone === undefined || tombstone.ttl !== undefined) return tombstone;
  // It gets its ttl only now: were the tombstone gone first, what is before it would be the session again.
  const done = { ...tombstone, ttl: tombstoneTtl(now) };
  await rows.write([{ put: done }]);
  return done;
}

/**
 * Makes a tombstone the newest row that stays for as long as a clear takes: a new one, or the one that is there; undefined
 * where there is no row.
 */
async function putTombstone(rows: SessionRows, now: number): Promise<Tombstone | undefined> {
  const newest = await readNewest(rows);
  if (newest === undefined) return undefined;
  newest.assertOurs();
  const { version, idempotencyKey, chunkSetName } = newest;
  if (version === undefined) {
    // Nothing can be put after it.
    await rows.write([{ remove: newest.key }]);
    return putTombstone(rows, now);
  }
  const tombstone = toTombstone(newest);
  const leaves = isLeaving(newest.ttl, now);
  if (tombstone && !leaves) return tombstone;

  // Were the newest row to go while what is before it is deleted, the deletions would hit a session that begins meanwhile.
  if (idempotencyKey !== undefined && leaves) {
    const over = tombstoneOver({ version, idempotencyKey, createdAt: now }, now);
    if (!(await rows.replace(over))) throw contention();
    // No row names its chunks any more, so the clean-up would take them for those of a commit under way.
    if (chunkSetName !== undefined) await deleteChunks(rows, chunkSetName);
    return over;
  }

  const next: Tombstone = {
    kind: 'tombstone',
    version: version + 1,
    idempotencyKey: randomUUID(),
    createdAt: now,
    ttl: undefined,
  };
  const there = await rows.putNew(next);
  if (there && there.idempotencyKey !== next.idempotencyKey) throw contention();
  return next;
}

/** Undefined for the row of a commit, which is not looked at any further, and for a damaged tombstone: either can be cleared. */
function toTombstone(newest: StoredRow): Tombstone | undefined {
  if (!newest.isTombstone) return undefined;
  try {
    const row = newest.row();
    return row.kind === 'tombstone' ? row : undefined;
  } catch (error) {
    if (SessionError.is(error, 'CORRUPT_RECORD')) return undefined;
    throw error;
  }
}

async function deleteChunks(rows: SessionRows, setName: string): Promise<void> {
  const changes: RowChange[] = [];
  for await (const { key } of rows.query(chunkRange(setName), { extent: 'header' })) {
    changes.push({ remove: key });
  }
  await rows.write(changes);
}

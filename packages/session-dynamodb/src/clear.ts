import { randomUUID } from 'node:crypto';
import { SessionError } from '@agent-sessions/session-core/store';
import type { KeyNames } from './attributeNames';
import { cleanUp } from './cleanUp';
import { contention } from './errors';
import { isLeaving, markerOver, markerTtl } from './expiry';
import { readHead } from './log';
import type { Partition } from './partition';
import { parsePartsName, rangeOf, type PartsName } from './partsName';
import {
  assertFormat,
  hasContent,
  isVersion,
  toItem,
  toNumber,
  toRow,
  versionOf,
  type Item,
  type Marker,
} from './rows';

/**
 * Makes a marker the newest row, and deletes what is behind it. Returns the newest row, if there is any.
 *
 * @throws `CONTENTION`, `STORE_MISCONFIGURED`, `UNSUPPORTED_FORMAT`
 */
export async function clear(partition: Partition, now: number): Promise<Marker | undefined> {
  const { keys, key } = partition;
  const marker = await putMarker(partition, now);
  await cleanUp(partition, marker?.version ?? 1, now);
  if (marker === undefined || marker.ttl !== undefined) return marker;
  // Not before now: were the marker gone first, what is behind it would be the session again.
  const done = { ...marker, ttl: markerTtl(now) };
  await partition.write([{ PutRequest: { Item: toItem(keys, key, done) } }]);
  return done;
}

/** A marker as the newest row, that stays for as long as a clear takes: a new one, or the one that is there; undefined where there is no row. */
async function putMarker(partition: Partition, now: number): Promise<Marker | undefined> {
  const { keys, key } = partition;
  const head = await readHead(partition);
  if (head === undefined) return undefined;
  const version = versionOf(keys, head);
  assertFormat(version, head);
  if (!isVersion(version)) {
    // Nothing can be put behind it.
    await partition.delete([head[keys.version]?.N ?? '']);
    return putMarker(partition, now);
  }
  // A commit is not looked at any further: a session with a damaged row can be cleared.
  const marker = hasContent(head) ? undefined : toMarker(keys, head);
  const leaves = isLeaving(toNumber(head[keys.ttl]), now);
  if (marker && !leaves) return marker;

  // Were the newest row gone while what is behind it is deleted, that would hit a session that begins meanwhile.
  const { S: headCommit } = head.commit ?? {};
  if (headCommit !== undefined && leaves) {
    const over = markerOver({ version, commit: headCommit, createdAt: now }, now);
    if (!(await partition.mark(toItem(keys, key, over)))) throw contention();
    // No row names them any more, so the clean-up would take them for those of a commit under way.
    await deleteParts(partition, parsePartsName(head.parts?.S ?? ''));
    return over;
  }

  const commit = randomUUID();
  const next = { kind: 'marker', version: version + 1, commit, createdAt: now, ttl: undefined } as const;
  const there = await partition.putNew(toItem(keys, key, next));
  if (there && there.commit?.S !== commit) throw contention();
  return next;
}

/** Undefined for a damaged row, too. */
function toMarker(keys: KeyNames, head: Item): Marker | undefined {
  try {
    const row = toRow(keys, head);
    return row.kind === 'marker' ? row : undefined;
  } catch (error) {
    if (SessionError.is(error, 'CORRUPT_RECORD')) return undefined;
    throw error;
  }
}

async function deleteParts(partition: Partition, name: PartsName | undefined): Promise<void> {
  if (name === undefined) return;
  const there: string[] = [];
  const parts = partition.query({ ...rangeOf(name), attributes: [] });
  for await (const item of parts) there.push(item[partition.keys.version]?.N ?? '');
  await partition.delete(there);
}

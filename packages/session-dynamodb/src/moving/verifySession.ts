import { storedSessionId, type StorageFinding } from '@agent-sessions/session-core/moving';
import { SessionError } from '@agent-sessions/session-core/store';
import type { DynamoDBStoreOptions } from '../dynamodbStore';
import { TOMBSTONE_MS } from '../keeping/expiry';
import { liveAt, type CommitRow, type Row } from '../log/rows';
import { assertKeyPrefix, partitionKey } from '../table/partitionKey';
import { chunkSetNameAt, logKey, timeOf, type KeyRange } from '../table/rowKeys';
import type { StoredRow } from '../table/rowMapping';
import { SessionRows } from '../table/sessionRows';
import { sessionTable } from '../table/sessionTable';
import { readWithin } from './readWithin';

export interface VerifyDynamoDBOptions extends Omit<
  DynamoDBStoreOptions,
  'ttlSeconds' | 'ttlRefresh' | 'observe'
> {
  readonly sessionId: string;
  /** What the function `scope` of the session returns, where it has one. */
  readonly scope?: string | undefined;
}

/** Keys of rows are printable. */
const ALL: KeyRange = { from: ' ', to: '\u{10ffff}' };

/**
 * Reads all rows that are stored under a session's key, and tells what is not as it should be: rows that are missing, cannot be
 * read or will go too soon, chunks without their row or the other way round, and what a clean-up has left. Whether records can
 * be decoded, a read of the session tells. Nothing is changed.
 *
 * @throws The errors of a read.
 */
export async function verifySession(options: VerifyDynamoDBOptions): Promise<StorageFinding[]> {
  const { client, tableName, attributeNames, keyPrefix = '', sessionId, scope } = options;
  const table = sessionTable(client, tableName, attributeNames);
  assertKeyPrefix(keyPrefix);
  const key = partitionKey(keyPrefix, storedSessionId(sessionId, scope));
  return readWithin(options, table.name, async (bounds) => {
    const stored: StoredRow[] = [];
    for await (const row of new SessionRows(table, key, bounds).query(ALL, { extent: 'all' }))
      stored.push(row);
    return findingsIn(stored, Date.now());
  });
}

function findingsIn(stored: readonly StoredRow[], now: number): StorageFinding[] {
  const findings: StorageFinding[] = [];
  const rows: Row[] = [];
  const chunks = new Map<string, number>();
  for (const each of stored) {
    const set = chunkSetNameAt(each.key);
    if (set !== undefined) {
      chunks.set(set, (chunks.get(set) ?? 0) + 1);
      continue;
    }
    try {
      each.content();
      rows.push(each.row());
    } catch (error) {
      if (!SessionError.is(error)) throw error;
      const kind = error.code === 'STORE_MISCONFIGURED' ? 'orphaned' : 'damaged';
      findings.push({ kind, what: error.message });
    }
  }
  const newest = rows.at(-1);
  const live = liveAt(now, newest);
  if (newest?.kind === 'commit' && live === undefined) {
    findings.push({ kind: 'superfluous', what: `${rows.length} rows of a session that has expired` });
  }
  if (live !== undefined) findings.push(...findingsInLog(rows, live));
  findings.push(...findingsInChunks(rows, chunks, now));
  return findings;
}

function findingsInLog(rows: readonly Row[], live: CommitRow): StorageFinding[] {
  const findings: StorageFinding[] = [];
  const versions = new Set(rows.map(({ version }) => version));
  for (let version = live.base; version <= live.version; version++) {
    if (!versions.has(version)) findings.push({ kind: 'damaged', what: `row ${logKey(version)} is missing` });
  }
  for (const row of rows) {
    if (row.version < live.base) {
      if (row.kind === 'commit') {
        findings.push({
          kind: 'superfluous',
          what: `row ${logKey(row.version)} is from before the log begins`,
        });
      }
    } else if (row.ttl !== undefined && row.ttl * 1_000 < (live.expiresAt ?? Infinity)) {
      findings.push({ kind: 'damaged', what: `row ${logKey(row.version)} goes before the session expires` });
    }
  }
  return findings;
}

function findingsInChunks(
  rows: readonly Row[],
  chunks: ReadonlyMap<string, number>,
  now: number,
): StorageFinding[] {
  const findings: StorageFinding[] = [];
  const used = new Set<string>();
  for (const row of rows) {
    if (row.kind !== 'commit' || row.chunks === undefined) continue;
    const { name, count } = row.chunks;
    used.add(name);
    const there = chunks.get(name) ?? 0;
    if (there !== count) {
      const what = `row ${logKey(row.version)} has ${there} of its ${count} chunks`;
      findings.push({ kind: 'damaged', what });
    }
  }
  for (const [name, count] of chunks) {
    // Those of a commit that is being made have no row yet.
    if (used.has(name) || timeOf(name) > now - TOMBSTONE_MS) continue;
    findings.push({ kind: 'orphaned', what: `${count} chunks ${name} belong to no row` });
  }
  return findings;
}

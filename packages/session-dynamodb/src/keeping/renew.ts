import type { CommitRow } from '../log/rows';
import { contention } from '../table/errors';
import { chunkRange, logRange } from '../table/rowKeys';
import type { SessionRows } from '../table/sessionRows';
import { ttlToOutlast, type Renewal } from './expiry';

/** How many rows are renewed at once. */
const AT_ONCE = 10;

/** What part of the time that is left a renewal takes which the commit does not have to wait for. */
const SHARE_OF_TIME = 1 / 8;

/** In seconds. */
interface Renewed {
  /** Until when all rows of the live log stay. */
  readonly logTtl: number;
  /** Until when the newest of them does. */
  readonly ttl: number;
}

/**
 * Gives the rows of the live log up to `live` more time, the oldest first, each together with its chunks. What is done stays
 * done: where the time is up, the next call goes on from there.
 *
 * `live` comes last, and each row gets at least what it takes to outlast the expiry of those before it. They may have a later
 * one, or none, from when the session was to live longer, and would be the session again if DynamoDB deleted `live` before.
 *
 * @returns Undefined where there was not enough time.
 * @throws `CONTENTION` when a row is gone: then the log has moved on.
 */
export async function renew(
  rows: SessionRows,
  live: CommitRow,
  { ttl, enough, isRequired }: Renewal,
): Promise<Renewed | undefined> {
  const until = isRequired ? Infinity : performance.now() + rows.timeLeft * SHARE_OF_TIME;
  let logTtl = Infinity;
  let outlasted = 0;
  const extend = async (row: CommitRow): Promise<number> => {
    const expiresAt = row.expiresAt ?? live.expiresAt;
    if (expiresAt !== undefined) outlasted = Math.max(outlasted, ttlToOutlast(expiresAt));
    const wanted = { ttl: Math.max(ttl, outlasted), enough: Math.max(enough, outlasted) };
    const stays = row.ttl !== undefined && row.ttl >= wanted.enough;
    const rowTtl = stays ? row.ttl : await raiseTtl(rows, row, { ...wanted, expiresAt: live.expiresAt });
    logTtl = Math.min(logTtl, rowTtl);
    return rowTtl;
  };
  for await (const batch of batches(liveLog(rows, live))) {
    if (performance.now() >= until) return undefined;
    await Promise.all(batch.filter(({ version }) => version !== live.version).map(extend));
  }
  const own = await extend(live);
  return { logTtl, ttl: own };
}

/** Gives at least `ttl` to `live` and to all rows of its log that have none, because they were put when it was not to expire. */
export async function setMissingTtl(rows: SessionRows, live: CommitRow, ttl: number): Promise<CommitRow> {
  const renewed = await renew(rows, live, { ttl, enough: 0, isRequired: true });
  return { ...live, ttl: renewed?.ttl };
}

/** The names of the chunks that rows of the live log have. */
export async function chunkSetsInUse(rows: SessionRows, live: CommitRow): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const { chunks } of liveLog(rows, live)) if (chunks) names.add(chunks.name);
  return names;
}

/** The rows of the live log, the oldest first. */
async function* liveLog(
  rows: SessionRows,
  { base, version }: CommitRow,
): AsyncGenerator<CommitRow, void, undefined> {
  let next = base;
  for await (const stored of rows.query(logRange(base, version), { extent: 'header' })) {
    const row = stored.row();
    if (row.kind !== 'commit' || row.version !== next++) throw contention();
    yield row;
  }
  if (next !== version + 1) throw contention();
}

async function* batches<T>(rows: AsyncIterable<T>): AsyncGenerator<T[], void, undefined> {
  let batch: T[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Chunks before their row, so that none goes before it. A row without an expiry gets that of the session. Returns the new ttl. */
async function raiseTtl(
  rows: SessionRows,
  row: CommitRow,
  { ttl, enough, expiresAt }: Pick<Renewal, 'ttl' | 'enough'> & Pick<CommitRow, 'expiresAt'>,
): Promise<number> {
  let given = ttl;
  if (row.chunks) {
    for await (const chunk of rows.query(chunkRange(row.chunks.name), { extent: 'header' })) {
      if (chunk.ttl !== undefined && chunk.ttl >= enough) given = Math.min(given, chunk.ttl);
      else await rows.raiseTtl({ kind: 'chunk', key: chunk.key }, ttl);
    }
  }
  const isEndless = row.expiresAt === undefined;
  await rows.raiseTtl(row, given, isEndless ? expiresAt : undefined);
  return given;
}
